import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseCredentials } from '../../../bin/local/credentials.ts';
import { localConfig, withSimulators } from '../../../bin/local/local-config.ts';
import { chooseWork, parseLocalOptions, readKept, writeKept } from '../../../bin/local/local-options.ts';
import { projectRoot } from '../../../lib/config.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'connector-options-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const example = join(projectRoot, 'connector.config.example.json');

describe('the work of a local run', () => {
  it('is three days of one project when nothing is said', () => {
    expect(chooseWork(parseLocalOptions({}), undefined)).toMatchObject({ days: 3, seed: 1, faults: false });
  });

  it('is what the data directory was begun with, except for what this call says', () => {
    const first = chooseWork(
      parseLocalOptions({ days: '2', events: '300', seed: '7', faults: true }),
      undefined,
    );
    writeKept(dir, { work: first, unfinished: { demo: ['2026-03-08'] } });
    const kept = readKept(dir);
    expect(kept?.unfinished).toEqual({ demo: ['2026-03-08'] });
    expect(chooseWork(parseLocalOptions({ events: '400' }), kept)).toEqual({
      ...first,
      events: 400,
      faults: false,
    });
  });

  it('is begun anew when nothing readable was kept', () => {
    expect(readKept(join(dir, 'absent'))).toBeUndefined();
    writeFileSync(join(dir, 'local.json'), '{"work":');
    expect(readKept(dir)).toBeUndefined();
  });

  it("leaves a configuration's own look-back alone, unless days are asked for", () => {
    const config = (options: object) => {
      const parsed = parseLocalOptions({ config: example, ...options });
      return localConfig(parsed, chooseWork(parsed, undefined)).sources[0];
    };
    expect(config({})?.schedule.lookbackDays).toBe(5);
    expect(config({ days: '1' })?.schedule.lookbackDays).toBe(0);
  });
});

describe('the configuration of a local run', () => {
  it("puts simulators in the vendors' places and leaves all else as configured", () => {
    const options = parseLocalOptions({ config: example });
    const [source] = localConfig(options, chooseWork(options, undefined)).sources;
    if (source === undefined) throw new Error('the example has no source');
    const url = 'http://127.0.0.1:1234';
    const simulated = withSimulators(source, { mixpanel: url, platform: undefined });
    expect(simulated.mixpanel).toEqual({ ...source.mixpanel, baseUrl: url, appUrl: url });
    expect(simulated.platform).toEqual(source.platform);
    expect(withSimulators(source, { mixpanel: undefined, platform: url }).platform).toEqual({
      ...source.platform,
      baseUrl: url,
      imsUrl: url,
    });
  });

  it("refuses the simulator's options with the real Mixpanel", () => {
    expect(() => parseLocalOptions({ mixpanel: true, config: example, events: '5' })).toThrow(
      '--events: found "5"; belongs to the simulator',
    );
  });
});

describe('the credentials of a local run', () => {
  it.each([
    [
      { MIXPANEL_USERNAME: 'u', MIXPANEL_SECRET: 's' },
      { username: 'u', secret: 's' },
    ],
    [{ MIXPANEL_BEARER_TOKEN: 't' }, { bearerToken: 't' }],
    [{ MIXPANEL_PROJECT_SECRET: 'p', MIXPANEL_USERNAME: 'u' }, { projectSecret: 'p' }],
  ])('come from the environment for a real vendor: %j', (variables, mixpanel) => {
    const options = parseLocalOptions({ mixpanel: true, config: example });
    expect(chooseCredentials(options, variables).mixpanel).toEqual(mixpanel);
  });

  it('are made anew for each start of the simulators', () => {
    const made = () => chooseCredentials(parseLocalOptions({}), { PLATFORM_CLIENT_SECRET: 'real' });
    expect(made().platform.clientSecret).toMatch(/^[0-9a-f]{32}$/);
    expect(made().mixpanel.secret).not.toBe(made().mixpanel.secret);
  });
});
