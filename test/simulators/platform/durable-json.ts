import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { z } from 'zod';

/**
 * Writes a small document so that a reader, also one after a crash, sees the old one or the new one whole. Synchronous
 * on purpose: a state is on disk before anyone can be told of it, and two writers cannot overlap.
 */
export function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.draft`;
  writeFileSync(draft, `${JSON.stringify(value)}\n`);
  renameSync(draft, file);
}

/** A named set of documents, all in memory, each in a file of its own. */
export class DurableMap<Value> {
  readonly #folder: string;
  readonly #values = new Map<string, Value>();

  /** @throws {Error} when a stored document is not what the schema says. */
  constructor(folder: string, schema: z.ZodType<Value>) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith('.json')) continue;
      const key = decodeURIComponent(name.slice(0, -'.json'.length));
      this.#values.set(key, schema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
    }
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  set(key: string, value: Value): void {
    writeJson(this.#file(key), value);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    rmSync(this.#file(key), { force: true });
    this.#values.delete(key);
  }

  /** Oldest first, or by key for those of earlier runs. */
  values(): Value[] {
    return [...this.#values.values()];
  }

  entries(): [string, Value][] {
    return [...this.#values.entries()];
  }

  #file(key: string): string {
    return join(this.#folder, `${encodeURIComponent(key)}.json`);
  }
}
