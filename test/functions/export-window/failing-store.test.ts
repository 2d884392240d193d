import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportDeps } from '../../../functions/export-window/export-deps.ts';
import { exportWindow } from '../../../functions/export-window/export-window.ts';
import type { ObjectStore } from '../../../functions/shared/object-store.ts';
import { type MixpanelSimulator, startMixpanel } from '../../simulators/mixpanel/server.ts';
import {
  answering,
  type ExportWorld,
  eventLine,
  exportWorld,
  oneDay,
  secret,
  storedManifest,
} from './export-world.ts';

let mixpanel: MixpanelSimulator;
beforeAll(async () => {
  mixpanel = await startMixpanel({ secret, eventsPerDay: 2000, perSecond: 1000, hourlyLimit: 1000 });
});
afterAll(() => mixpanel.close());

const limits = { maxPartBytes: 100_000 };

/** The world with some of its store's methods replaced. */
function withStore(world: ExportWorld, changed: Partial<ObjectStore>): ExportDeps {
  return { ...world, store: { ...world.store, ...changed } };
}

describe('a run that cannot be stored', () => {
  it('leaves nothing when an upload fails', async () => {
    const world = exportWorld(mixpanel.url, { limits });
    const deps = withStore(world, {
      putStream: (key, stream, options) => {
        if (key.includes('part-00003')) return Promise.reject(new Error('no space'));
        return world.store.putStream(key, stream, options);
      },
    });
    await expect(exportWindow(deps, oneDay)).rejects.toMatchObject({
      code: 'part_not_stored',
      retryable: true,
    });
    expect([...world.store.objects.keys()]).toEqual([]);
  });

  it('leaves nothing when an upload fails after some of its bytes', async () => {
    const world = exportWorld(mixpanel.url, { limits: { maxPartBytes: 10_000_000 } });
    const deps = withStore(world, {
      putStream: async (_, stream) => {
        for await (const piece of stream) throw new Error(`lost the connection after ${piece.length} bytes`);
      },
    });
    await expect(exportWindow(deps, oneDay)).rejects.toMatchObject({ code: 'part_not_stored' });
    expect([...world.store.objects.keys()]).toEqual([]);
  });

  it('leaves nothing when the store holds fewer bytes than were sent', async () => {
    const world = exportWorld(mixpanel.url, { limits });
    const deps = withStore(world, {
      size: async (key) => (key.includes('part-00002') ? 5 : world.store.size(key)),
    });
    await expect(exportWindow(deps, oneDay)).rejects.toMatchObject({ code: 'part_short', retryable: true });
    expect([...world.store.objects.keys()]).toEqual([]);
  });

  it('reports its own failure even when what was stored cannot be deleted', async () => {
    const world = exportWorld(mixpanel.url, { limits });
    const deps = withStore(world, {
      size: async () => undefined,
      delete: () => Promise.reject(new Error('denied')),
    });
    await expect(exportWindow(deps, oneDay)).rejects.toMatchObject({ code: 'part_short' });
    expect(storedManifest(world.store)).toBeUndefined();
    expect(world.log.entries.at(-1)?.message).toBe('Export:Run:PartsLeft');
  });

  it('keeps its parts when it is not known whether the manifest has arrived', async () => {
    const world = exportWorld(mixpanel.url, { limits });
    const deps = withStore(world, {
      put: async (key, text, options) => {
        await world.store.put(key, text, options);
        throw new Error('no answer');
      },
    });
    await expect(exportWindow(deps, oneDay)).rejects.toThrow('no answer');
    const manifest = storedManifest(world.store);
    expect(manifest?.parts.every(({ key }) => world.store.objects.has(key))).toBe(true);
  });

  it('recognises its own manifest when the put was repeated after a lost answer', async () => {
    const world = exportWorld(mixpanel.url, { limits });
    const deps = withStore(world, {
      put: async (key, text, options) => {
        await world.store.put(key, text, options);
        return world.store.put(key, text, options);
      },
    });
    const { manifest } = await exportWindow(deps, oneDay);
    expect(storedManifest(world.store)).toEqual(manifest);
  });

  it('never takes the place of another manifest', async () => {
    const world = exportWorld(mixpanel.url, { limits });
    const deps = withStore(world, {
      put: async (key, text, options) => {
        world.store.objects.set(key, Buffer.from('another'));
        return world.store.put(key, text, options);
      },
    });
    await expect(exportWindow(deps, oneDay)).rejects.toMatchObject({ code: 'manifest_taken' });
  });
});

describe('a run that is told to stop', () => {
  it('leaves nothing when that is during the export', async () => {
    const world = exportWorld(mixpanel.url, { limits });
    const stop = new AbortController();
    let stored = 0;
    const deps = withStore(world, {
      putStream: async (key, stream, options) => {
        stored += 1;
        if (stored === 3) stop.abort();
        await world.store.putStream(key, stream, options);
      },
    });
    await expect(exportWindow(deps, oneDay, stop.signal)).rejects.toThrow();
    expect([...world.store.objects.keys()]).toEqual([]);
  });

  it('leaves nothing when that is before the manifest', async () => {
    const stop = new AbortController();
    const world = exportWorld('http://127.0.0.1:1', { client: answering(`${eventLine({})}\n`) });
    const deps = withStore(world, {
      size: async (key) => {
        stop.abort();
        return world.store.size(key);
      },
    });
    await expect(exportWindow(deps, oneDay, stop.signal)).rejects.toThrow();
    expect([...world.store.objects.keys()]).toEqual([]);
  });

  it('stops even when Mixpanel sends nothing', async () => {
    mixpanel.setFaults([{ kind: 'slowFirstByte', ms: 600_000 }]);
    const world = exportWorld(mixpanel.url);
    const stop = new AbortController();
    const failed = exportWindow(world, oneDay, stop.signal).catch((error: unknown) => error);
    await expect.poll(() => mixpanel.requests().length).toBeGreaterThan(0);
    stop.abort();
    expect(await failed).toMatchObject({ code: 'mixpanel_unreachable' });
  });
});
