import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readPrices } from '../../bin/estimate/prices.ts';
import { runEstimate } from '../../bin/estimate/run-estimate.ts';
import { projectRoot } from '../../lib/config.ts';
import { startOperatorWorld } from '../support/operator-world.ts';
import { recordOutput } from '../support/recorded-output.ts';

const dir = mkdtempSync(join(tmpdir(), 'connector-estimate-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const line = z.object({ item: z.string(), quantity: z.number(), price: z.number(), usd: z.number() });
const resultSchema = z.looseObject({
  pricesAsOf: z.string(),
  sources: z.array(z.looseObject({ id: z.string(), usdPerMonth: z.number(), lines: z.array(line) })),
});

const example: unknown = JSON.parse(readFileSync(join(projectRoot, 'connector.config.example.json'), 'utf8'));

let files = 0;
function configuration(changes: object): string {
  files += 1;
  const file = join(dir, `${files}.json`);
  writeFileSync(file, JSON.stringify({ ...Object(example), ...changes }));
  return file;
}

async function estimate(options: Readonly<Record<string, unknown>>) {
  const { output, text } = recordOutput();
  const given = { eventsPerDay: '1000000', eventBytes: '1000', config: configuration({}), ...options };
  expect(await runEstimate(given, output)).toBe(0);
  return text();
}

async function linesOf(options: Readonly<Record<string, unknown>>) {
  const { sources } = resultSchema.parse(JSON.parse(await estimate({ ...options, json: true })));
  return new Map(sources[0]?.lines.map((one) => [one.item, one]));
}

describe('connector estimate', () => {
  it('shows its arithmetic: every line is quantity times price, and the total their sum', async () => {
    const { sources, pricesAsOf } = resultSchema.parse(JSON.parse(await estimate({ json: true })));
    const [source] = sources;
    for (const { quantity, price, usd } of source?.lines ?? []) expect(usd).toBeCloseTo(quantity * price, 9);
    expect(source?.usdPerMonth).toBeCloseTo(
      (source?.lines ?? []).reduce((sum, { usd }) => sum + usd, 0),
      9,
    );
    expect(pricesAsOf).toBe(readPrices().asOf);
  });

  it('reckons with the look-back and the days that the archive keeps', async () => {
    const lines = await linesOf({});
    // Six runs a day of 0.13 GB for 400 days; six exports a day of 1 GB at 30 s and 1.73 GB of memory.
    expect(lines.get('S3, archive once full')?.quantity).toBeCloseTo(6 * 0.13 * 400, 6);
    expect(lines.get('Lambda, export')?.quantity).toBeCloseTo(180 * 30 * (1769 / 1024), 6);
    const shorter = await linesOf({ config: configuration({ archive: { retentionDays: 40 } }) });
    expect(shorter.get('S3, archive once full')?.quantity).toBeCloseTo(6 * 0.13 * 40, 6);
  });

  it('adds the NAT gateway only where there is one', async () => {
    expect((await linesOf({})).has('NAT gateway')).toBe(false);
    const lines = await linesOf({ config: configuration({ staticEgress: true }) });
    expect(lines.get('NAT gateway')?.usd).toBeCloseTo(730 * 0.045, 6);
  });

  it('says for people what it rests on, and how old the prices are', async () => {
    const text = await estimate({});
    expect(text).toMatch(/^shop: [\d.]+ USD a month\n/);
    expect(text).toContain('As given: 1,000,000 events and 1.00 GB in a window, 0.13 GB gzipped');
    expect(text).toContain('A month: 180 export queries, 180 GB of events, 60 batches');
    expect(text).toContain(`List prices of us-east-1 as of ${readPrices().asOf}`);
  });

  it('takes other prices from a file, and refuses one of another form', async () => {
    const prices = join(dir, 'prices.json');
    writeFileSync(prices, JSON.stringify({ ...readPrices(), region: 'eu-central-1', secretMonth: 1 }));
    expect((await linesOf({ prices })).get('Secrets')?.usd).toBe(2);
    writeFileSync(prices, '{"asOf":"2026-01"}');
    await expect(estimate({ prices })).rejects.toThrow('region: found nothing');
  });

  it('says which of Adobe’s limits the volumes would not keep, and what to do', async () => {
    expect(await estimate({})).toMatch(/Guardrails: \d of Adobe's limits are kept/);
    const large = { eventsPerDay: '90000000', eventBytes: '9000' };
    expect(await estimate(large)).toContain(
      'bytesPerBatch of shop: 1215000000000 of 100000000000; divide the project',
    );
    const { guardrails } = z
      .object({ guardrails: z.array(z.object({ guardrail: z.string(), kept: z.boolean() })) })
      .parse(JSON.parse(await estimate({ ...large, json: true })));
    expect(guardrails.filter(({ kept }) => !kept).map(({ guardrail }) => guardrail)).toEqual([
      'bytesPerHour',
      'bytesPerBatch',
      'bytesPerProfileEvent',
    ]);
  });

  it('wants volumes where nothing was exported yet', async () => {
    const world = await startOperatorWorld();
    try {
      const given = { data: world.dir, config: undefined, eventsPerDay: undefined, eventBytes: undefined };
      await expect(estimate(given)).rejects.toThrow(
        'none was exported in the last four weeks; give --events-per-day',
      );
    } finally {
      await world.close();
    }
  });
});
