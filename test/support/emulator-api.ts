import * as z from 'zod';
import { region } from './aws-clients.ts';

/** What Lambda says of a function that was deployed. */
export const deployedFunction = z.looseObject({
  FunctionName: z.string(),
  FunctionArn: z.string(),
  Role: z.string(),
  Handler: z.string(),
  Timeout: z.number(),
  MemorySize: z.number(),
  CodeSha256: z.string(),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.string()) }),
});
export type DeployedFunction = z.output<typeof deployedFunction>;

const eventSourceMapping = z.looseObject({
  UUID: z.string(),
  EventSourceArn: z.string(),
  FunctionArn: z.string(),
  BatchSize: z.number(),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.looseObject({ MaximumConcurrency: z.number().optional() }).optional(),
});
export type EventSourceMapping = z.output<typeof eventSourceMapping>;

export interface RolePolicy {
  readonly RoleName: string;
  readonly PolicyName: string;
}

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** The calls to an emulator for which the product itself has no client: Lambda's, STS's and IAM's. */
export function createEmulatorApi(endpoint: string) {
  const send = async (service: string, path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${endpoint}${path}`, {
      ...init,
      headers: { ...init.headers, authorization: unsigned(service) },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${service} ${path}: ${answer.status} ${text.slice(0, 500)}`);
    return text;
  };
  const query = (service: 'iam' | 'sts', parameters: Readonly<Record<string, string>>) => {
    const Version = { iam: '2010-05-08', sts: '2011-06-15' }[service];
    return send(service, '/', { method: 'POST', body: new URLSearchParams({ Version, ...parameters }) });
  };
  return {
    async functions(): Promise<DeployedFunction[]> {
      const answer: unknown = JSON.parse(await send('lambda', '/2015-03-31/functions/'));
      return z.looseObject({ Functions: z.array(deployedFunction) }).parse(answer).Functions;
    },
    async mappings(): Promise<EventSourceMapping[]> {
      const answer: unknown = JSON.parse(await send('lambda', '/2015-03-31/event-source-mappings/'));
      const list = z.looseObject({ EventSourceMappings: z.array(eventSourceMapping) });
      return list.parse(answer).EventSourceMappings;
    },
    async disableMapping({ UUID }: EventSourceMapping): Promise<void> {
      const body = JSON.stringify({ Enabled: false });
      await send('lambda', `/2015-03-31/event-source-mappings/${UUID}`, { method: 'PUT', body });
    },
    async assumeRole(arn: string): Promise<RoleCredentials> {
      const xml = await query('sts', { Action: 'AssumeRole', RoleArn: arn, RoleSessionName: 'function' });
      return {
        accessKeyId: field(xml, 'AccessKeyId'),
        secretAccessKey: field(xml, 'SecretAccessKey'),
        sessionToken: field(xml, 'SessionToken'),
      };
    },
    /** The role's own policy, as it was deployed. */
    async rolePolicy(role: RolePolicy): Promise<string> {
      return decodeURIComponent(
        field(await query('iam', { Action: 'GetRolePolicy', ...role }), 'PolicyDocument'),
      );
    },
    async putRolePolicy(role: RolePolicy, document: string): Promise<void> {
      await query('iam', { Action: 'PutRolePolicy', ...role, PolicyDocument: document });
    },
  };
}

export type EmulatorApi = ReturnType<typeof createEmulatorApi>;

function field(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1] ?? '';
}

/** Emulators find service and region here, and check no signature. */
function unsigned(service: string): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  return `AWS4-HMAC-SHA256 Credential=test/${day}/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}
