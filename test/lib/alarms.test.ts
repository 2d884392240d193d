import { describe, expect, it } from 'vitest';
import { metricDimensions, metricNames, metricNamespace } from '../../functions/shared/metrics.ts';
import { alarmDescription, alarmKinds, chargedAlarmMetrics } from '../../lib/alarm-texts.ts';
import { alarmSchema } from '../support/raised-alarms.ts';
import { configOf, referenced, sourceInput, synthesise } from './synth-stack.ts';

const stackName = 'MixpanelConnector';
const stack = synthesise(configOf({ sources: [sourceInput('shop-eu'), sourceInput('archive')] }));
const alarms = stack.monitoring
  .ofType('AWS::CloudWatch::Alarm')
  .map(({ properties }) => alarmSchema.parse(properties));
const functionIds = (source: string) =>
  stack
    .ofType('AWS::Lambda::Function')
    .map(({ id }) => id)
    .filter((id) => id.startsWith(source))
    .toSorted();

function named(kind: string) {
  const found = alarms.find(({ AlarmName }) => AlarmName === `${stackName}-shop-eu-${kind}`);
  if (found === undefined) throw new Error(`no alarm ${kind}`);
  return found;
}

const functionsOf = (kind: string) =>
  named(kind)
    .Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric.Dimensions ?? [])
    .map(({ Value }) => referenced(Value) ?? '')
    .toSorted();

describe('alarms', () => {
  it('are one of each kind for each source, and one that all sources share', () => {
    const ofSource = alarmKinds.filter((kind) => kind !== 'plan-dead-letters');
    const expected = [
      `${stackName}-plan-dead-letters`,
      ...['shop-eu', 'archive'].flatMap((source) => ofSource.map((kind) => `${stackName}-${source}-${kind}`)),
    ];
    expect(alarms.map(({ AlarmName }) => AlarmName).toSorted()).toEqual(expected.toSorted());
  });

  it('say what they mean, what it costs, what to type and where to read on, and reach somebody', () => {
    for (const { AlarmName, AlarmDescription, AlarmActions } of alarms) {
      const source = ['shop-eu', 'archive'].find((id) => AlarmName.includes(`-${id}-`));
      const kind = alarmKinds.find((one) => AlarmName.endsWith(`${source ?? stackName}-${one}`));
      if (kind === undefined) throw new Error(`${AlarmName} is of no kind`);
      expect(AlarmDescription).toBe(alarmDescription(kind, source));
      expect(AlarmDescription).toMatch(/Impact: .*Type first: npx connector .*docs\/runbook\.md/);
      expect(AlarmDescription).not.toContain('SOURCE');
      expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
      expect(referenced(AlarmActions[0])).toMatch(/^AlarmsTopic/);
    }
  });

  it('watch metrics that the functions write, by their names and dimensions', () => {
    const own = alarms.filter(({ Namespace }) => Namespace === metricNamespace);
    expect(own).toHaveLength(2 * 9);
    for (const { AlarmName, MetricName, Dimensions } of own) {
      const source = AlarmName.includes('-shop-eu-') ? 'shop-eu' : 'archive';
      expect(metricNames).toContain(MetricName);
      expect(Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]))).toEqual(
        metricDimensions({ stackName, source }),
      );
    }
  });

  it("watch Lambda's errors of each function, and its throttles of those that queues feed", () => {
    const functions = functionIds('SourceShopEu');
    expect(functionsOf('function-errors')).toEqual(functions);
    expect(functionsOf('function-throttles')).toEqual(functions.filter((id) => !id.includes('PlanWindows')));
    const metrics = (kind: string) =>
      named(kind).Metrics.flatMap(({ MetricStat }) =>
        MetricStat === undefined ? [] : [`${MetricStat.Metric.Namespace} ${MetricStat.Metric.MetricName}`],
      );
    expect(new Set(metrics('function-errors'))).toEqual(new Set(['AWS/Lambda Errors']));
    expect(new Set(metrics('function-throttles'))).toEqual(new Set(['AWS/Lambda Throttles']));
  });

  it('take silence for the worst where nothing else would tell that nothing runs, and nowhere else', () => {
    const silent = alarms.filter(({ TreatMissingData }) => TreatMissingData === 'breaching');
    expect(silent.map(({ AlarmName }) => AlarmName).toSorted()).toEqual([
      `${stackName}-archive-windows-late`,
      `${stackName}-shop-eu-windows-late`,
    ]);
    expect(silent[0]?.EvaluationPeriods).toBe(2);
  });

  it('tell the end of what lasts', () => {
    const telling = alarms.filter(({ OKActions }) => OKActions.length > 0);
    const kinds = ['windows-late', 'window-dead-letters', 'load-dead-letters', 'credentials-expiring'];
    expect(telling.map(({ AlarmName }) => AlarmName).filter((name) => name.includes('-shop-eu-'))).toEqual(
      expect.arrayContaining(kinds.map((kind) => `${stackName}-shop-eu-${kind}`)),
    );
    expect(telling).toHaveLength(2 * kinds.length + 1);
  });

  it('cost what the estimate reckons with', () => {
    const charged = alarms
      .filter(({ AlarmName }) => !AlarmName.includes('-archive-'))
      .map(({ Metrics }) => Math.max(1, Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length));
    expect(charged.reduce((sum, one) => sum + one, 0)).toBe(chargedAlarmMetrics);
  });
});

describe('the dashboard', () => {
  it('shows no metric that no function writes', () => {
    const body = JSON.stringify(stack.monitoring.ofType('AWS::CloudWatch::Dashboard')[0]?.properties);
    const shown = [...body.matchAll(/"MixpanelConnector\\\\?",\\\\?"(\w+)\\\\?"/g)].map(([, name]) => name);
    const shownBare = [...body.matchAll(/MixpanelConnector\W+(\w+)\W+Stack/g)].map(([, name]) => name);
    expect([...shown, ...shownBare].length).toBeGreaterThan(15);
    for (const name of [...shown, ...shownBare]) expect(metricNames).toContain(name);
  });
});
