import { createReadStream } from 'node:fs';
import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import { maxForgotten } from '../../functions/shared/forgotten.ts';
import { usableId } from '../../functions/shared/mapping/functions/mixpanel.ts';
import { createLineScanner } from '../../functions/shared/ndjson.ts';
import { what } from './forget-options.ts';

/** Somebody to forget. */
export interface AskedId {
  readonly id: string;
  /** Of Platform, for a work order; undefined: any that the mapping writes. */
  readonly namespace: string | undefined;
}

const idRule = 'must be {"id":"…"}, with "namespace" where it has one';
const jsonSchema = z.strictObject(
  { id: z.string(idRule).min(1, idRule), namespace: z.string(idRule).min(1, idRule).optional() },
  idRule,
);
/** Problems told of at a time: a wrong file would have one in each line. */
const maxProblems = 10;
/** Mixpanel's ids have at most 255 bytes; a longer line is no id. */
const maxLineBytes = 4096;

/**
 * Reads ids, one to a line: as it is, or as a JSON object. Empty lines are passed over. What trackers send for "nobody" is
 * refused, since it would be everybody.
 *
 * @throws {ConfigError} naming the lines that are wrong, never what is in them.
 */
export async function readIds(file: string): Promise<readonly AskedId[]> {
  const asked = new Map<string, AskedId>();
  const problems: string[] = [];
  let number = 0;
  const take = (line: Buffer) => {
    number += 1;
    const text = line.toString('utf8').trim();
    if (text === '' || problems.length >= maxProblems) return;
    const one = parseId(text);
    if (typeof one === 'string') problems.push(`line ${number} of ${file}: ${one}`);
    else asked.set(JSON.stringify([one.namespace, one.id]), one);
    if (asked.size > maxForgotten) throw refusal([`--ids: ${file} has more than ${maxForgotten} ids`]);
  };
  try {
    const scanner = createLineScanner(maxLineBytes);
    for await (const bytes of createReadStream(file)) for (const line of scanner.push(bytes)) take(line);
    const last = scanner.end();
    if (last !== undefined) take(last);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw refusal([`--ids: found ${JSON.stringify(file)}; must be a text file that can be read`], cause);
  }
  if (problems.length > 0) throw refusal(problems);
  if (asked.size === 0) throw refusal([`--ids: ${file} has no id`]);
  return [...asked.values()];
}

/** @returns the id, or what is wrong with it. */
function parseId(text: string): AskedId | string {
  const read = text.startsWith('{') ? parseJson(text) : { id: text };
  if (read === undefined) return idRule;
  const { id, namespace } = read;
  return usableId(id) === null ? 'trackers send this for nobody; it would be everybody' : { id, namespace };
}

function parseJson(text: string): z.output<typeof jsonSchema> | undefined {
  try {
    return jsonSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function refusal(problems: readonly string[], cause?: unknown): ConfigError {
  return new ConfigError(what, problems, { cause });
}
