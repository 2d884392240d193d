import { readFileSync } from 'node:fs';
import { validateHeaderValue } from 'node:http';
import * as z from 'zod';
import { commonEnvironment } from '../../functions/shared/environment.ts';
import { ConnectorError, describeError } from '../../functions/shared/errors.ts';
import { forgottenSchema, freshForgotten } from '../../functions/shared/forgotten.ts';
import { ledgerSchema } from '../../functions/shared/ledger.ts';
import { manifestSchema } from '../../functions/shared/manifest.ts';
import { parseMappingSet } from '../../functions/shared/mapping/index.ts';
import { subjectOf } from '../../functions/shared/message-subject.ts';
import { loadMessageSchema, parseWindowMessage } from '../../functions/shared/messages.ts';
import { authorizationOf, mixpanelSecretSchema } from '../../functions/shared/mixpanel/credentials.ts';
import { parseJsonWith, parseWith } from '../../functions/shared/parse.ts';
import { platformSecretSchema } from '../../functions/shared/platform/ims-token.ts';
import { privacySecretSchema } from '../../functions/shared/privacy-secret.ts';
import { parseRetryAfter } from '../../functions/shared/retry-after.ts';
import { parseConfig } from '../../lib/config.ts';
import { changed, damaged, hush, objectTexts, valueTexts } from '../support/hostile-texts.ts';
import fc from '../support/seeded-fast-check.ts';
import type { FuzzCounts, FuzzOptions } from './fuzz-lines.ts';

/** Two hundred problems of a line each. */
const mostWords = 100_000;

const sha256 = 'a'.repeat(64);
const at = '2026-03-08T07:00:00.000Z';
const counted = { received: 1, duplicates: 0, filtered: 0, rejected: 0, mapped: 1, accepted: 1, failed: 0 };
const delivery = {
  ...{ id: 'd', run: 'r', request: 'q', reason: null, startedAt: at, completedAt: at, ...counted },
  ...{ batchId: null, replaces: [], contentHash: sha256, mappingHash: sha256, datasetId: 'x' },
};
const ledger = {
  ...{
    version: 1,
    source: 's',
    date: '2026-03-08',
    state: 'delivered',
    activeBatch: 'b',
    deliveries: [delivery],
  },
  ...{ activeContentHash: sha256, mappingHash: sha256, exported: null, error: null, updatedAt: at },
};
const part = { key: 'k', records: 1, bytes: 1, gzipBytes: 1, sha256 };
const manifest = {
  ...{ version: 1, source: 's', date: '2026-03-08', run: 'r', startedAt: at, completedAt: at, requests: 1 },
  ...{
    parts: [part],
    records: 1,
    duplicates: 0,
    bytes: 1,
    contentHash: sha256,
    timestamps: 'utc',
    timezone: 'UTC',
  },
};
const config: unknown = JSON.parse(
  readFileSync(new URL('../../connector.config.example.json', import.meta.url), 'utf8'),
);
const [source] = z.looseObject({ sources: z.array(z.unknown()) }).parse(config).sources;

const values = valueTexts(['"2026-03-08"', 'true', '"deliver"', '"upload"', '"slice"', '[0]', `"${hush}"`]);
const messageNames = [
  'date',
  'from',
  'to',
  'reload',
  'reason',
  'type',
  'version',
  'run',
  'slice',
  'parts',
  'request',
];
const windowMessages = [
  { date: '2026-03-08', reload: true, reason: 'r' },
  { from: '2026-01-01', to: '2026-03-08' },
  { version: 1, type: 'slice', date: '2026-03-08', run: 'r', slice: '0-1' },
];
const base = { version: 1, date: '2026-03-08', run: 'r' };
const loadMessages = [
  { ...base, type: 'deliver', request: 'q', reload: false, reason: null },
  { ...base, type: 'upload', delivery: 'd', parts: [0, 1] },
  { ...base, type: 'confirm', delivery: 'd', poll: 3 },
];
const secretNames = ['username', 'secret', 'bearerToken', 'projectSecret', 'clientId', 'clientSecret', 'key'];
const secretValues = valueTexts([
  `"${hush}"`,
  `"${hush}\\n"`,
  `" ${hush}"`,
  `"a:${hush}"`,
  `"${hush}\\u0000é"`,
]);
const rule = { sourceType: 'EXPRESSION', source: 'concat(a, "x")', destination: 'x.y' };

interface Area {
  readonly texts: fc.Arbitrary<string>;
  /** Takes the text, or throws why not. */
  readonly act: (text: string) => void;
  /** Values may be shown in part: no secret and no property has its place there. */
  readonly showsValues?: true;
}

const hideValues = { hideValues: true };

/** Every text that comes from outside, as it should be and as nobody would write it. */
const areas: Readonly<Record<string, Area>> = {
  'window messages': {
    texts: fc.oneof(
      objectTexts(messageNames, values, 3),
      ...windowMessages.map((one) => changed(one, values)),
    ),
    act: (text) => void [subjectOf(text), parseWindowMessage(text)],
    showsValues: true,
  },
  'load messages': {
    texts: fc.oneof(objectTexts(messageNames, values), ...loadMessages.map((one) => changed(one, values))),
    act: (text) => void parseJsonWith(loadMessageSchema, text, 'reading'),
    showsValues: true,
  },
  configuration: {
    texts: changed(config, values),
    act: (text) => void parseConfig(text, 'x'),
    showsValues: true,
  },
  environment: {
    texts: changed(source, values),
    act: (text) => {
      const variables = { SOURCE: text, STACK_NAME: 'S', BUCKET_NAME: 'b' };
      parseWith(z.object(commonEnvironment), variables, 'reading', hideValues);
    },
  },
  'mapping sets': {
    texts: changed([rule, { ...rule, sourceType: 'ATTRIBUTE', source: 'a.b' }], values),
    act: (text) => void parseMappingSet(text),
    showsValues: true,
  },
  'Mixpanel secrets': {
    texts: fc.oneof(
      objectTexts(secretNames, secretValues, 4),
      changed({ username: 'u', secret: 's' }, secretValues),
    ),
    act: (text) => {
      const credential = parseJsonWith(mixpanelSecretSchema, text, 'reading', hideValues);
      validateHeaderValue('authorization', authorizationOf(credential));
    },
  },
  'Platform secrets': {
    texts: fc.oneof(
      objectTexts(secretNames, secretValues, 4),
      changed({ clientId: 'c', clientSecret: 's' }, secretValues),
    ),
    act: (text) => {
      const { clientId } = parseJsonWith(platformSecretSchema, text, 'reading', hideValues);
      validateHeaderValue('x-api-key', clientId);
    },
  },
  'privacy keys': {
    texts: objectTexts(['key'], secretValues, 2),
    act: (text) => void parseJsonWith(privacySecretSchema, text, 'reading', hideValues),
  },
  ledgers: {
    texts: changed(ledger, values),
    act: (text) => void parseJsonWith(ledgerSchema, text, 'reading'),
    showsValues: true,
  },
  manifests: {
    texts: changed(manifest, values),
    act: (text) => void parseJsonWith(manifestSchema, text, 'reading'),
    showsValues: true,
  },
  'lists of the forgotten': {
    texts: changed({ ...freshForgotten(), digests: ['0'.repeat(32)] }, values),
    act: (text) => void parseJsonWith(forgottenSchema, text, 'reading', hideValues),
  },
};

/**
 * Parses made-up texts as what each place takes from outside.
 *
 * @returns how much of each was taken and refused.
 * @throws with the text, made as small as can be, when a parser throws what is no refusal, or says too much.
 */
export function fuzzTexts({ runs, seed }: FuzzOptions): Map<string, FuzzCounts> {
  const results = new Map<string, FuzzCounts>();
  for (const [name, { texts, act, showsValues = false }] of Object.entries(areas)) {
    const counts = { taken: 0, refused: 0 };
    results.set(name, counts);
    fc.assert(
      fc.property(damaged(texts), (bytes) => {
        try {
          act(bytes.toString('utf8'));
          counts.taken += 1;
        } catch (error) {
          if (!(error instanceof ConnectorError)) throw new Error(`${name}: no refusal`, { cause: error });
          const words = describeError(error);
          if (words.length > mostWords) throw new Error(`${name}: it says too much`);
          if (!showsValues && words.includes(hush)) throw new Error(`${name}: it shows a value`);
          counts.refused += 1;
        }
      }),
      { numRuns: runs, seed },
    );
  }
  fuzzRetryAfter({ runs, seed });
  return results;
}

/** However a vendor asks to be left alone, it is for an hour at most. */
function fuzzRetryAfter({ runs, seed }: FuzzOptions): void {
  const headers = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '9'.repeat(400),
      '-1',
      '1e9',
      '0x10',
      'Infinity',
      'NaN',
      'Fri, 31 Dec 9999 23:59:59 GMT',
      'Sun',
    ),
    fc.nat().map(String),
    fc.array(fc.string()),
  );
  fc.assert(
    fc.property(headers, fc.integer(), (header, nowMs) => {
      const waitMs = parseRetryAfter(header, nowMs) ?? 0;
      if (!(waitMs >= 0 && waitMs <= 3_600_000)) throw new Error(`a wait of ${waitMs} ms`);
    }),
    { numRuns: runs, seed },
  );
}
