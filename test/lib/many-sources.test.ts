import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configOf, type Resource, sourceInput, synthesise } from './synth-stack.ts';

/**
 * With everything switched on. Neighbours share a project, so that what is shared on purpose can be told from what is not; the
 * ids begin alike, so that a pattern without its end would be seen.
 */
function withSources(count: number) {
  const sources = Array.from({ length: count }, (_, index) =>
    sourceInput(`source-with-quite-a-long-id-${index}`, {
      mixpanel: { projectId: 100 + Math.floor(index / 2) },
      platform: { sandbox: `sandbox-${Math.floor(index / 4)}` },
      privacy: { hash: ['$email'] },
    }),
  );
  return synthesise(
    configOf({
      sources,
      staticEgress: true,
      staticEgressFamily: 'dualstack',
      alarmEmail: 'team@example.com',
      archive: { accessLog: true },
    }),
  );
}

const many = withSources(20);

/** The number of the source that a resource belongs to; undefined for what all share. */
function sourceNumber(id: string): number | undefined {
  const [, digits] = /^SourceSourceWithQuiteALongId(\d+?)(?:[A-Z]|$)/.exec(id) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** All text and all references inside a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** What a source's roles and functions name that is another's. */
function foreign({ id, properties }: Resource): string[] {
  const own = sourceNumber(id) ?? Number.NaN;
  return textsIn(properties).filter((text) => {
    const resource = sourceNumber(text);
    if (resource !== undefined && resource !== own) return true;
    // A key's pattern names its source whole: "source=a*" would also be "source=ab/…".
    const [, source] = /source=([^/]*)/.exec(text) ?? [];
    if (source !== undefined && source !== `source-with-quite-a-long-id-${own}`) return true;
    const [, project] = /project=([^/]*)/.exec(text) ?? [];
    if (project !== undefined && project !== String(100 + Math.floor(own / 2))) return true;
    const [, sandbox] = /sandbox=([^/]*)/.exec(text) ?? [];
    return sandbox !== undefined && !sandbox.endsWith(`-sandbox-${Math.floor(own / 4)}`);
  });
}

const ofSources = (type: string) => many.ofType(type).filter(({ id }) => sourceNumber(id) !== undefined);

describe('twenty sources in one stack', () => {
  it("fit into CloudFormation's limits, with everything switched on", () => {
    expect(many.resources.length).toBeLessThan(500);
    expect(Object.keys(many.template.Outputs).length).toBeLessThanOrEqual(200);
    // As the CLI uploads it: one megabyte at most.
    expect(Buffer.byteLength(JSON.stringify(many.template, null, 1))).toBeLessThan(1_000_000);

    const { monitoring } = many;
    expect(monitoring.resources.length).toBeLessThan(500);
    expect(Object.keys(monitoring.template.Parameters).length).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(JSON.stringify(monitoring.template, null, 1))).toBeLessThan(1_000_000);
    const dashboard = JSON.stringify(monitoring.ofType('AWS::CloudWatch::Dashboard')[0]?.properties);
    // CloudWatch's own limits for a dashboard.
    expect(dashboard.match(/"type\\":/g)?.length).toBeGreaterThan(20 * 12);
    expect(dashboard.match(/"type\\":/g)?.length).toBeLessThanOrEqual(500);
    expect(dashboard.match(/label\\":/g)?.length).toBeLessThanOrEqual(2500);
  });

  it("leave one another alone: no role names another source's keys, queues, secrets or log", () => {
    const roles = ofSources('AWS::IAM::Role');
    expect(roles).toHaveLength(20 * 3);
    for (const role of roles) expect([role.id, foreign(role)]).toEqual([role.id, []]);
  });

  it('have functions, queues and schedules that point at nothing of another source', () => {
    for (const type of [
      'Lambda::Function',
      'Lambda::EventSourceMapping',
      'SQS::Queue',
      'Scheduler::Schedule',
    ]) {
      const resources = ofSources(`AWS::${type}`);
      expect(resources.length).toBeGreaterThanOrEqual(40);
      for (const resource of resources) expect([resource.id, foreign(resource)]).toEqual([resource.id, []]);
    }
  });

  it('share nothing that a role may use but the bucket, the starts that failed, and what a vendor counts together', () => {
    const shared = ofSources('AWS::IAM::Role').flatMap(({ properties }) =>
      textsIn(properties).filter((text) => /^(?!Source)[A-Z][A-Za-z]+[0-9A-F]{8}$/.test(text)),
    );
    expect([...new Set(shared)].toSorted()).toEqual([
      'ArchiveBucket49F1AC64',
      'SchedulesDeadLettersQueue51CA2C10',
    ]);
  });

  it('know how many queries all daily windows of their project need, and batches those of their sandbox', () => {
    const variables = ofSources('AWS::Lambda::Function').map(
      ({ properties }) =>
        z.object({ Variables: z.record(z.string(), z.unknown()) }).parse(properties.Environment).Variables,
    );
    const given = (name: string) =>
      variables.flatMap((each) => (each[name] === undefined ? [] : [each[name]]));
    // Look-back of five days, and the newest one: two sources of a project, four of a sandbox.
    expect(given('PROJECT_DAILY_WINDOWS')).toEqual(Array.from({ length: 20 }, () => '12'));
    expect(given('SANDBOX_DAILY_WINDOWS')).toEqual(Array.from({ length: 20 }, () => '24'));
  });
});

describe('ten sources', () => {
  it('are kept with their alarms in one stack, within its limits', () => {
    const stack = withSources(10);
    expect(stack.ofType('AWS::CloudFormation::Stack')).toEqual([]);
    expect(stack.resources.length).toBeLessThan(500);
    expect(Buffer.byteLength(JSON.stringify(stack.template, null, 1))).toBeLessThan(1_000_000);
  }, 120_000);
});
