import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { rejectedKey } from '../../functions/shared/object-keys.ts';
import {
  type Inlet,
  type MessageOutcome,
  maxRequestBytes,
  openInlet,
} from '../../functions/shared/platform/inlet.ts';
import {
  createLoadWorld,
  deliver,
  eventLines,
  eventNames,
  type LoadWorld,
  window,
} from '../support/load-world.ts';

let world: LoadWorld;
afterEach(() => world.close());

const streamingWorld = async (options: Parameters<typeof createLoadWorld>[0] = {}) => {
  world = await createLoadWorld({ ...options, source: { delivery: 'streaming', ...options.source } });
};

/** Events in the dataset, once the simulator's micro-batches have become active. */
async function eventually(names: readonly string[]): Promise<void> {
  await expect.poll(() => world.activeEvents(), { timeout: 10_000 }).toEqual(names);
}

/** An inlet whose answers a test makes; otherwise the real one. */
function answering(
  inlet: Inlet,
  answer: (rows: readonly string[], send: number) => MessageOutcome[] | undefined,
): Inlet {
  let sends = 0;
  return {
    ...inlet,
    async send(rows, signal) {
      sends += 1;
      const outcomes = answer(rows, sends);
      if (outcomes === undefined) return inlet.send(rows, signal);
      const taken = rows.filter((_, index) => outcomes[index] === 'accepted');
      if (taken.length > 0) await inlet.send(taken, signal);
      return outcomes;
    },
  };
}

function inletOf(): Inlet {
  const { inlet } = world.deps;
  if (inlet === undefined) throw new Error('the world has no inlet');
  return inlet;
}

describe('a source whose rows are streamed', () => {
  it('has each row of a window in the dataset, and the window delivered without a batch', async () => {
    await streamingWorld();
    await world.storeRun('r1', eventLines(500), 200);
    await world.drain(deliver('r1'));
    await eventually(eventNames(500));
    const ledger = await world.ledger();
    expect(ledger).toMatchObject({ state: 'delivered', activeBatch: null });
    expect(ledger.deliveries).toHaveLength(1);
    expect(ledger.deliveries[0]).toMatchObject({
      received: 500,
      mapped: 500,
      accepted: 500,
      failed: 0,
      batchId: null,
    });
    expect(world.deadLetters).toEqual([]);
  });

  it('sends unchanged content once', async () => {
    await streamingWorld();
    await world.storeRun('r1', eventLines(5));
    await world.drain(deliver('r1'));
    await world.storeRun('r2', eventLines(5));
    await world.drain(deliver('r2'));
    expect((await world.ledger()).state).toBe('unchanged');
    await eventually(eventNames(5));
  });

  it.each(['statusCode', 'xactionId'] as const)(
    'keeps what Platform refuses at once, told in the form %s, as rejected with its words',
    async (streamingErrors) => {
      await streamingWorld({ platform: { streamingErrors }, source: { maxRejectedPercent: 100 } });
      await world.storeRun('r1', eventLines(4));
      // A schema that is not the dataset's: every message is refused.
      const settings = { ...world.deps.settings.platform, schemaId: 'https://ns.adobe.com/other' };
      const inlet = openInlet(settings, { tokens: world.tokens, clock: Date.now });
      await world.drain(deliver('r1'), { inlet });
      const kept = gunzipSync(
        world.store.objects.get(rejectedKey({ ...window, run: 'r1' }, 0)) ?? Buffer.alloc(0),
      );
      const lines = kept
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines).toHaveLength(4);
      expect(lines[0].reason).toContain('Platform refused it: 400');
      expect(lines.map(({ record }) => record.event).sort()).toEqual(eventNames(4));
      expect((await world.ledger()).deliveries[0]).toMatchObject({ rejected: 4, mapped: 0, accepted: 0 });
    },
  );

  it('says that a window has too many rejections, although its other rows were sent', async () => {
    await streamingWorld();
    await world.storeRun('r1', [...eventLines(8), ...eventLines(2, 'x')]);
    const refusing = answering(inletOf(), (rows) =>
      rows.map((row) => (row.includes('"x') ? { status: 400, message: 'bad' } : 'accepted')),
    );
    await world.drain(deliver('r1'), { inlet: refusing });
    expect(await world.ledger()).toMatchObject({ state: 'rejected', activeContentHash: null });
    expect((await world.ledger()).deliveries[0]).toMatchObject({ rejected: 2, mapped: 8, accepted: 8 });
    await eventually(eventNames(8));
  });

  it('sends again what Platform could not take for the moment, and nothing else', async () => {
    await streamingWorld();
    await world.storeRun('r1', eventLines(10));
    const asked: number[] = [];
    const busy = answering(inletOf(), (rows, send) => {
      asked.push(rows.length);
      return send > 2
        ? undefined
        : rows.map((_, index) => (index % 2 === 0 ? 'accepted' : { status: 503, message: 'busy' }));
    });
    await world.drain(deliver('r1'), { inlet: busy });
    expect(asked).toEqual([10, 5, 2]);
    await eventually(eventNames(10));
  });

  it('keeps every request below the size that Adobe takes, and rejects a row that fits into none', async () => {
    await streamingWorld({ source: { profile: false, maxRejectedPercent: 100 } });
    await world.storeRun('r1', eventLines(3000));
    const padding = 'ä'.repeat(500);
    const sizes: number[] = [];
    const mapping = {
      map: () => {
        const text = JSON.stringify({ _id: 'a', padding });
        return { output: null, text, errors: [], rejected: [] };
      },
    };
    const real = inletOf();
    const inlet: Inlet = {
      ...real,
      async send(rows) {
        const bytes = rows.reduce((sum, row) => sum + Buffer.byteLength(row), 0);
        sizes.push(bytes + real.overheadBytes(rows.length));
        return rows.map(() => 'accepted');
      },
    };
    await world.drain(deliver('r1'), { inlet, mapping });
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(maxRequestBytes);
    expect(Math.max(...sizes)).toBeGreaterThan(maxRequestBytes - 5000);

    const huge = {
      map: () => ({ output: null, text: `"${'x'.repeat(maxRequestBytes)}"`, errors: [], rejected: [] }),
    };
    await world.storeRun('r2', eventLines(2, 'h'));
    await world.drain(deliver('r2'), { mapping: huge });
    expect((await world.ledger()).deliveries[0]).toMatchObject({ rejected: 2, mapped: 0 });
  });

  it('goes on in another invocation after the last request that was answered, with what was refused before', async () => {
    await streamingWorld({ source: { maxRejectedPercent: 100 } });
    await world.storeRun('r1', eventLines(4000), 4000);
    let sends = 0;
    const seen: string[] = [];
    const real = inletOf();
    const dying: Inlet = {
      ...real,
      async send(rows, signal) {
        sends += 1;
        if (sends === 3) throw new Error('the process is dead');
        seen.push(...rows);
        const outcomes = await real.send(rows.slice(1), signal);
        return [{ status: 400, message: 'bad' }, ...outcomes];
      },
    };
    await world.drain(deliver('r1'), { inlet: dying });
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(4000);
    const [delivery] = (await world.ledger()).deliveries;
    expect(delivery?.rejected).toBe(sends - 1);
    expect(delivery).toMatchObject({ mapped: 4000 - (sends - 1), accepted: 4000 - (sends - 1) });
  });

  it('may send a row twice when an answer is lost, which Profile tells by its id', async () => {
    await streamingWorld();
    world.platform.addFault({ kind: 'reset', route: 'stream', when: 'after', times: 1 });
    await world.storeRun('r1', eventLines(6));
    await world.drain(deliver('r1'));
    await eventually([...eventNames(6), ...eventNames(6)].sort());
    const { rows, distinctIds } = await world.platform.activeStats(world.deps.settings.platform.datasetId);
    expect([rows, distinctIds]).toEqual([12, 6]);
    expect((await world.ledger()).deliveries[0]).toMatchObject({ accepted: 6 });
  });

  it('has the batch of a window reverted that was delivered before the source was switched', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(6));
    await world.drain(deliver('r1'));
    expect(await world.activeEvents()).toEqual(eventNames(6));
    const settings = {
      ...world.deps.settings,
      platform: { ...world.deps.settings.platform, delivery: 'streaming' as const },
    };
    const inlet = openInlet(settings.platform, { tokens: world.tokens, clock: Date.now });
    await world.storeRun('r2', eventLines(7));
    await world.drain(deliver('r2'), { settings, inlet });
    await eventually(eventNames(7));
    expect(await world.ledger()).toMatchObject({ state: 'delivered', activeBatch: null });
  });

  it('begins anew in batches when the source is switched back in the middle', async () => {
    await streamingWorld();
    await world.storeRun('r1', eventLines(30), 10);
    // The delivery is opened and two of its three uploads are done; then the settings change.
    await world.receive(deliver('r1'));
    const [one, two, three] = world.loadQueue.sent.splice(0).map(({ body }) => body);
    await world.receive(one);
    await world.receive(two);
    const settings = {
      ...world.deps.settings,
      platform: { ...world.deps.settings.platform, delivery: 'batch' as const },
    };
    await world.loadQueue.send(three);
    await world.drain(undefined, { settings, inlet: undefined });
    expect(await world.ledger()).toMatchObject({ state: 'delivered', activeBatch: expect.any(String) });
    expect((await world.ledger()).deliveries[0]).toMatchObject({ accepted: 30 });
  });
});
