import { afterEach, describe, expect, it } from 'vitest';
import { exportWindow } from '../../../functions/export-window/export-window.ts';
import { timestampsKey } from '../../../functions/shared/object-keys.ts';
import { type MixpanelSimulator, startMixpanel } from '../../simulators/mixpanel/server.ts';
import { answering, eventLine, exportWorld, oneDay, secret } from './export-world.ts';

const auto = { timestamps: 'auto', timezone: 'America/Los_Angeles' } as const;
const stateKey = timestampsKey('shop');

const open: MixpanelSimulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

async function worldOf(legacy: boolean, mixpanel: Parameters<typeof exportWorld>[1]) {
  const project = { projectId: 2195193, timezone: auto.timezone, legacy };
  const simulator = await startMixpanel({ secret, eventsPerDay: 500, projects: [project] });
  open.push(simulator);
  return exportWorld(simulator.url, mixpanel);
}

/** Events that were sent a second after they happened, in a project that stores time in UTC. */
const timely = (count: number, properties = {}) =>
  Array.from({ length: count }, (_, at) => {
    const time = Date.parse('2026-03-08T12:00:00Z') + at * 1000;
    return `${eventLine({ $insert_id: `${at}`, time, $mp_api_timestamp_ms: time + 1000, ...properties })}\n`;
  }).join('');

describe('how a source stores time', () => {
  it('is measured as project time for a legacy project, and recorded', async () => {
    const world = await worldOf(true, { mixpanel: auto });
    const { manifest } = await exportWindow(world, oneDay);
    expect(manifest).toMatchObject({ timestamps: 'project', timezone: 'America/Los_Angeles' });
    expect(JSON.parse(String(world.store.objects.get(stateKey)))).toMatchObject({
      version: 1,
      source: 'shop',
      decision: 'project',
      run: manifest.run,
    });
  });

  it('is measured as UTC for a newer project, and recorded', async () => {
    const world = await worldOf(false, { mixpanel: auto });
    expect((await exportWindow(world, oneDay)).manifest).toMatchObject({
      timestamps: 'utc',
      timezone: 'UTC',
    });
    expect(JSON.parse(String(world.store.objects.get(stateKey)))).toMatchObject({ decision: 'utc' });
  });

  it('is what the settings say, without a measurement', async () => {
    const client = answering(timely(50));
    const world = exportWorld('http://127.0.0.1:1', { client, mixpanel: { ...auto, timestamps: 'project' } });
    expect((await exportWindow(world, oneDay)).manifest.timestamps).toBe('project');
    expect(world.store.objects.has(stateKey)).toBe(false);
  });

  it('is what was recorded, whatever later windows look like', async () => {
    const world = await worldOf(true, { mixpanel: auto });
    await exportWindow(world, oneDay);
    const recorded = world.store.objects.get(stateKey);
    const later = { ...world, mixpanel: answering(timely(50)) };
    expect((await exportWindow(later, oneDay)).manifest.timestamps).toBe('project');
    expect(world.store.objects.get(stateKey)).toBe(recorded);
  });

  it('is what was recorded, also for a window whose events do not tell', async () => {
    const world = await worldOf(true, { mixpanel: auto });
    await exportWindow(world, oneDay);
    const later = { ...world, mixpanel: answering(timely(50, { $import: true })) };
    expect((await exportWindow(later, oneDay)).manifest.timestamps).toBe('project');
  });

  it('is what another window recorded meanwhile', async () => {
    const first = await worldOf(true, { mixpanel: auto });
    await exportWindow(first, oneDay);
    const recorded = first.store.objects.get(stateKey) ?? Buffer.alloc(0);
    const world = exportWorld('http://127.0.0.1:1', { client: answering(timely(50)), mixpanel: auto });
    const store = {
      ...world.store,
      put: async (...[key, text, options]: Parameters<typeof world.store.put>) => {
        if (key === stateKey) world.store.objects.set(key, recorded);
        return world.store.put(key, text, options);
      },
    };
    expect((await exportWindow({ ...world, store }, oneDay)).manifest.timestamps).toBe('project');
  });

  it('matters not for an empty window, nor where the zone is at UTC, and then nothing is recorded', async () => {
    for (const [body, timezone] of [
      ['', auto.timezone],
      [timely(50, { $import: true }), 'Europe/London'],
    ] as const) {
      const world = exportWorld('http://127.0.0.1:1', {
        client: answering(body),
        mixpanel: { timestamps: 'auto', timezone },
      });
      expect((await exportWindow(world, oneDay)).manifest.timestamps).toBe('utc');
      expect(world.store.objects.has(stateKey)).toBe(false);
    }
  });

  it('must be set where the events don’t tell, and nothing of the run stays', async () => {
    const client = answering(timely(50, { $import: true }));
    const world = exportWorld('http://127.0.0.1:1', { client, mixpanel: auto });
    await expect(exportWindow(world, oneDay)).rejects.toMatchObject({
      code: 'timestamps_unknown',
      retryable: false,
      message: expect.stringContaining('mixpanel.timestamps'),
    });
    expect(world.store.objects.size).toBe(0);
  });

  it('must be set where the events contradict one another', async () => {
    const shifted = timely(50)
      .replaceAll(
        /"\$mp_api_timestamp_ms":(\d+)/g,
        (_, ms) => `"$mp_api_timestamp_ms":${Number(ms) + 7 * 3_600_000}`,
      )
      .replaceAll('"$insert_id":"', '"$insert_id":"s');
    const world = exportWorld('http://127.0.0.1:1', {
      client: answering(timely(50) + shifted),
      mixpanel: auto,
    });
    await expect(exportWindow(world, oneDay)).rejects.toMatchObject({ code: 'timestamps_mixed' });
  });
});
