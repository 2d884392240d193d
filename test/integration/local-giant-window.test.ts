import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestSchema } from '../../functions/shared/manifest.ts';
import { deliveredRows, expectDelivered, runLocalCommand } from '../support/local-command.ts';
import { settledDay } from '../support/settled-day.ts';

await settledDay();

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'connector-local-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const events = 12_000;

describe('connector local, with a window too large for one function', () => {
  // Six seconds for the work of a function, and a Mixpanel that sends half of the window in that time.
  it('delivers it whole, in one run of several queries', { timeout: 240_000 }, async () => {
    const beganMs = Date.now();
    const { status, result, said } = await runLocalCommand([
      ...['--days', '1', '--events', String(events), '--duplicates', '0.05'],
      ...['--export-speed', '1000', '--function-timeout', '26', '--data', dir],
    ]);
    expect(status, said).toBe(0);
    const [window] = result.windows;
    const rows = deliveredRows(result.dataset);
    expect(window).toMatchObject({ state: 'delivered', accepted: rows.length, rejected: 0 });
    const options = { seed: 1, eventsPerDay: events, duplicates: 0.05 };
    await expectDelivered(rows, [window?.date ?? ''], options, beganMs);
    expect(manifestIn(result.archive)).toMatchObject({ records: window?.received });
    expect(manifestIn(result.archive).requests).toBeGreaterThanOrEqual(4);
  });
});

function manifestIn(archive: string) {
  const files = readdirSync(archive, { recursive: true, encoding: 'utf8' });
  const [file, ...others] = files.filter((name) => /manifest\.json/.test(name));
  expect(others).toEqual([]);
  return manifestSchema.parse(JSON.parse(readFileSync(join(archive, file ?? ''), 'utf8')));
}
