import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { writeJson } from './durable-json.ts';
import { parseJson } from './json.ts';
import type { PlatformSettings } from './options.ts';

const keyFileSchema = z.strictObject({ key: z.string() });
const claimsSchema = z.strictObject({ id: z.string(), expiresAt: z.number() });

/** Issues access tokens that stay valid across a restart: each carries its end, and a signature. */
export class TokenIssuer {
  readonly #key: string;
  readonly #ttlMs: number;
  readonly #now: () => number;

  constructor(settings: PlatformSettings, now: () => number) {
    this.#ttlMs = settings.tokenTtlSeconds * 1000;
    this.#now = now;
    const file = join(settings.dataDir, 'token-key.json');
    if (!existsSync(file)) writeJson(file, { key: randomBytes(32).toString('hex') });
    this.#key = keyFileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).key;
  }

  issue(): string {
    const claims = { id: randomUUID(), expiresAt: this.#now() + this.#ttlMs };
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${payload}.${this.#sign(payload)}`;
  }

  /** Whether the token is one of ours and has not ended. */
  isValid(token: string): boolean {
    const [payload = '', signature = ''] = token.split('.');
    const expected = Buffer.from(this.#sign(payload));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    const claims = claimsSchema.safeParse(parseJson(Buffer.from(payload, 'base64url').toString('utf8')));
    return claims.success && claims.data.expiresAt > this.#now();
  }

  #sign(payload: string): string {
    return createHmac('sha256', this.#key).update(payload).digest('base64url');
  }
}
