import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { ArnFormat, type Duration, type Size, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { bundleHandler } from '../bundle-functions.ts';
import { allowKey, type CustomerKey } from './customer-key.ts';
import { checkEnvironmentSize } from './environment-size.ts';
import type { StaticEgress } from './static-egress.ts';

export interface ConnectorFunctionProps {
  readonly description: string;
  readonly code: Code;
  readonly timeout: Duration;
  readonly memoryMb: number;
  /** @default Lambda's 512 MB */
  readonly ephemeralStorage?: Size;
  /** The function's own variables, exactly as its `env.ts` wants them. */
  readonly environment: Readonly<Record<string, string>>;
  /** All that the function may do, beside writing its log. */
  readonly permissions: readonly PolicyStatement[];
  readonly logGroup: ILogGroup;
  /**
   * Whether it sends messages to the queue that it reads, to wait or to go on.
   *
   * @default false
   */
  readonly sendsToItself?: boolean;
  /** Where an asynchronous invocation goes that failed for good. @default none */
  readonly deadLetterQueue?: IQueue;
  readonly egress?: StaticEgress | undefined;
  readonly key: CustomerKey;
}

/** A function of the connector, with what all of them have in common. */
export class ConnectorFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: ConnectorFunctionProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      // One document, part of the role itself: a stack may hold 500 resources, and has 20 sources to serve.
      inlinePolicies: {
        work: new PolicyDocument({
          statements: [
            ...props.permissions,
            ...allowKey(props.key),
            new PolicyStatement({
              actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              resources: [props.logGroup.logGroupArn],
            }),
            ...(props.egress === undefined ? [] : networkPermissions(this)),
          ],
        }),
      },
    });
    const environment = { ...props.environment, NODE_OPTIONS: '--enable-source-maps' };
    checkEnvironmentSize(this, environment);
    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: bundleHandler,
      code: props.code,
      timeout: props.timeout,
      memorySize: props.memoryMb,
      environment,
      ...(props.key === undefined ? {} : { environmentEncryption: props.key }),
      // The library's own grants stop here: the function can do what is written above and nothing else.
      role: role.withoutPolicyUpdates(),
      logGroup: props.logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.INFO,
      // Lambda stops a message that passes the same function 16 times. Ours does so on purpose: to wait for
      // Mixpanel's query budget and to poll a batch.
      ...(props.sendsToItself === true ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
      ...(props.ephemeralStorage === undefined ? {} : { ephemeralStorageSize: props.ephemeralStorage }),
      ...(props.deadLetterQueue === undefined ? {} : { deadLetterQueue: props.deadLetterQueue }),
      ...props.egress?.placement,
    });
  }
}

const changeInterfaces = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
const lookAtNetwork = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/** What Lambda itself does in the role's name to place a function in a network. */
function networkPermissions(scope: Construct): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: changeInterfaces,
      // Interfaces have no name before Lambda makes them: as far as its guide lets these rights be narrowed.
      resources: [Stack.of(scope).formatArn({ service: 'ec2', resource: '*', resourceName: '*' })],
    }),
    // EC2 knows no resources for what only describes.
    new PolicyStatement({ actions: lookAtNetwork, resources: ['*'] }),
    // Meant for Lambda, which acts before the code runs; the code itself has no business with them.
    new PolicyStatement({
      effect: Effect.DENY,
      actions: [...changeInterfaces, ...lookAtNetwork],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'lambda:SourceFunctionArn': Stack.of(scope).formatArn({
            service: 'lambda',
            resource: 'function',
            resourceName: '*',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    }),
  ];
}
