import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../lib/config.ts';

/** The sections of docs/runbook.md, by their headings. */
export function runbookSections(): ReadonlyMap<string, string> {
  const text = readFileSync(join(projectRoot, 'docs/runbook.md'), 'utf8');
  return new Map(
    text
      .split('\n## ')
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
  );
}

/**
 * A command of the connector as a section of the runbook has it, as arguments.
 *
 * @param beginning what it begins with, behind `npx connector`.
 * @param replaced what stands in the runbook for a day or an id, with what is meant.
 * @throws when the section has no such command, or not what is to be replaced.
 */
export function fromRunbook(
  heading: string,
  beginning: string,
  replaced: Readonly<Record<string, string>> = {},
): string[] {
  const section = runbookSections().get(heading) ?? '';
  // Up to its end in the text, where output goes elsewhere, or a comment.
  const commands = [...section.matchAll(/npx connector ((?:(?! #)[^`\n|>])+)/g)].map(([, command = '']) =>
    command.trim(),
  );
  let command = commands.find((one) => one.startsWith(beginning));
  if (command === undefined) throw new Error(`"${heading}" has no command "${beginning}"`);
  for (const [from, to] of Object.entries(replaced)) {
    if (!command.includes(from)) throw new Error(`"${command}" has no ${from}`);
    command = command.replaceAll(from, to);
  }
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** Types a command of the connector, as a person would, and waits for its end. */
export function type(
  args: readonly string[],
): Promise<{ readonly status: number | null; readonly text: string }> {
  const child = spawn(process.execPath, [join(projectRoot, 'bin/connector.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '' },
  });
  let text = '';
  const collect = (bytes: Buffer) => {
    text += bytes.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, text })));
}
