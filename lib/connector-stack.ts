import { Key } from 'aws-cdk-lib/aws-kms';
import { type App, CfnOutput, Fn, Stack, type StackProps } from 'aws-cdk-lib/core';
import { dailyWindows } from '../functions/shared/platform/guardrails.ts';
import { projectDailyWindows } from '../functions/shared/query-budget.ts';
import type { ConnectorConfig } from './config.ts';
import { AlarmTopic } from './constructs/alarm-topic.ts';
import { ArchiveBucket } from './constructs/archive-bucket.ts';
import { PlanSchedules } from './constructs/plan-schedules.ts';
import { StaticEgress } from './constructs/static-egress.ts';
import { placeholdersIn } from './example-values.ts';
import type { CodeFor } from './function-code.ts';
import { MixpanelSource } from './mixpanel-source.ts';
import { Monitoring } from './monitoring.ts';
import { refuseDeployment } from './placeholders.ts';
import { pascalCase } from './source-names.ts';

export interface ConnectorStackProps extends StackProps {
  readonly config: ConnectorConfig;
  readonly codeFor: CodeFor;
}

/**
 * The whole connector. Read first: what all sources share, then each source in the order of its data, then what
 * looks at all of it.
 *
 * @throws {ConfigError} when a source's settings don't fit into its functions' environment.
 */
export class ConnectorStack extends Stack {
  constructor(app: App, props: ConnectorStackProps) {
    const { config, codeFor, ...stackProps } = props;
    super(app, config.stackName, {
      description: 'Mixpanel source connector: raw Mixpanel events into Adobe Experience Platform, every day',
      ...stackProps,
    });
    const placeholders = placeholdersIn(config);
    if (placeholders.length > 0) refuseDeployment(this, placeholders);

    const { kmsKeyArn } = config.archive;
    const key = kmsKeyArn === undefined ? undefined : Key.fromKeyArn(this, 'Key', kmsKeyArn);
    const archive = new ArchiveBucket(this, 'Archive', { ...config.archive, key });
    const alarms = new AlarmTopic(this, 'Alarms', { email: config.alarmEmail, key });
    const egress = config.staticEgress
      ? new StaticEgress(this, 'Egress', { family: config.staticEgressFamily })
      : undefined;
    const schedules = new PlanSchedules(this, 'Schedules', key);
    const sources = config.sources.map(
      // The prefix keeps a source called "archive" or "alarms" apart from what all sources share.
      (source) =>
        new MixpanelSource(this, `Source${pascalCase(source.id)}`, {
          source,
          codeFor,
          archive,
          schedules,
          egress,
          key,
          projectDailyWindows: projectDailyWindows(config.sources, source),
          sandboxDailyWindows: dailyWindows(config.sources, source),
        }),
    );
    const monitoring = new Monitoring(this, 'Monitoring', {
      stackName: config.stackName,
      topic: alarms.topic,
      planDeadLetters: schedules.deadLetters,
      sources,
    });

    this.output('BucketName', archive.bucket.bucketName, 'Archive of parts, rejected records and ledgers');
    this.output('AlarmTopicArn', alarms.topic.topicArn, 'Where alarms are published');
    this.output(
      'PlanDeadLetterQueueUrl',
      schedules.deadLetters.queueUrl,
      'Starts of plan functions that failed',
    );
    this.output('DashboardUrl', monitoring.dashboardUrl, 'Queues, errors and durations of every source');
    if (egress !== undefined) {
      this.output('EgressIps', Fn.join(',', [...egress.addresses]), 'Addresses to allow at the vendors');
      if (egress.ipv6Range !== undefined)
        this.output(
          'EgressIpv6Range',
          egress.ipv6Range,
          'Addresses to allow at vendors that are reached over IPv6',
        );
    }
    for (const source of sources) this.sourceOutputs(source);
  }

  private sourceOutputs(source: MixpanelSource): void {
    const name = pascalCase(source.sourceId);
    const of = `of ${source.sourceId}`;
    this.output(`${name}WindowQueueUrl`, source.windows.queue.queueUrl, `Window queue ${of}`);
    this.output(
      `${name}WindowDeadLetterQueueUrl`,
      source.windows.deadLetters.queueUrl,
      `Windows ${of} given up`,
    );
    this.output(`${name}LoadQueueUrl`, source.loads.queue.queueUrl, `Load queue ${of}`);
    this.output(`${name}LoadDeadLetterQueueUrl`, source.loads.deadLetters.queueUrl, `Loads ${of} given up`);
    this.output(`${name}MixpanelSecretArn`, source.secrets.mixpanel.arn, `Mixpanel credential ${of}`);
    this.output(`${name}PlatformSecretArn`, source.secrets.platform.arn, `Platform credential ${of}`);
    this.output(`${name}LogGroupName`, source.logs.logGroupName, `Log ${of}`);
  }

  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
