import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { projectRoot } from '../../lib/config.ts';

const command = join(projectRoot, 'bin/connector.js');

/** A line of `connector preview --json`. */
export const previewedSchema = z.strictObject({
  output: z.record(z.string(), z.unknown()).nullable(),
  errors: z.array(z.strictObject({ rule: z.int(), destination: z.string(), message: z.string() })),
  rejected: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
});

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own in which `connector preview` is called through the real command line. */
export function openPreviewFolder() {
  const dir = mkdtempSync(join(tmpdir(), 'connector-preview-'));
  // No configuration of the person who runs the tests, and no other folder's.
  const settings = { cwd: dir, env: { PATH: process.env.PATH ?? '' } };

  const write = (name: string, content: unknown): string => {
    const isContent = typeof content === 'string' || Buffer.isBuffer(content);
    writeFileSync(join(dir, name), isContent ? content : JSON.stringify(content));
    return name;
  };
  const preview = (args: readonly string[], input = ''): Ended => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'preview', ...args], {
      ...settings,
      input,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    return { status, stdout, stderr };
  };
  return {
    write,
    preview,
    /** The lines of `--json`, checked against what is promised of them. */
    previewJson(args: readonly string[], input = '') {
      const ended = preview([...args, '--json'], input);
      const lines = ended.stdout.split('\n').slice(0, -1);
      return { ...ended, lines: lines.map((line) => previewedSchema.parse(JSON.parse(line))) };
    },
    /** Reads the first bytes of the output, then closes it, while the input never ends. */
    async readFirst(args: readonly string[], record: string): Promise<Ended> {
      const child = spawn(process.execPath, [command, 'preview', ...args], settings);
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.stdin.on('error', () => {});
      const feed = () => {
        while (child.stdin.writable && child.stdin.write(`${record}\n`.repeat(100)));
      };
      child.stdin.on('drain', feed);
      feed();
      const [first] = await once(child.stdout, 'data');
      child.stdout.destroy();
      const [status] = await once(child, 'close');
      return { status: z.int().nullable().parse(status), stdout: String(first), stderr };
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
