import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { clientsOf } from './aws-clients.ts';
import type { EmulatorApi, RoleCredentials } from './emulator-api.ts';

const functions = ['PlanWindows', 'ExportWindow', 'LoadWindow'] as const;
type FunctionKind = (typeof functions)[number];

const failure = z.looseObject({
  name: z.string(),
  $response: z.looseObject({ statusCode: z.number() }).optional(),
});

export interface RightsOptions {
  readonly url: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<FunctionKind, RoleCredentials>>;
}

/** Credentials of each function's own role, as Lambda would hand them to it. */
export async function assumeRoles(api: EmulatorApi): Promise<RightsOptions['roles']> {
  const deployed = await api.functions();
  const assume = async (kind: FunctionKind) => {
    const found = deployed.find(({ FunctionName }) => FunctionName.includes(kind));
    if (found === undefined) throw new Error(`there is no function ${kind}`);
    const role = { RoleName: found.Role.split('/').at(-1) ?? '', PolicyName: 'work' };
    // moto keeps what CloudFormation deployed as a Python value, prints it as one, and can evaluate none but a text.
    await api.putRolePolicy(role, (await api.rolePolicy(role)).replaceAll("'", '"'));
    return api.assumeRole(found.Role);
  };
  return {
    PlanWindows: await assume('PlanWindows'),
    ExportWindow: await assume('ExportWindow'),
    LoadWindow: await assume('LoadWindow'),
  };
}

/** What each function may do with some keys of the archive, and to which queues it may send. */
export async function measureRights(options: RightsOptions): Promise<Record<string, string[]>> {
  const { url, outputs, roles } = options;
  const Bucket = outputs.BucketName ?? '';
  const keys = ['raw/source=shop/x', 'raw/source=other/x', 'rejected/source=shop/x', 'ledger/source=shop/x'];
  const rights: Record<string, string[]> = {};
  for (const kind of functions) {
    const { s3, sqs } = clientsOf(url, { maxAttempts: 1, credentials: roles[kind] });
    signUnescaped(s3);
    const may: string[] = [];
    for (const Key of keys) {
      if (await allowed(s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })))) may.push(`put ${Key}`);
      if (await allowed(s3.send(new GetObjectCommand({ Bucket, Key })))) may.push(`get ${Key}`);
    }
    for (const name of ['ShopWindowQueueUrl', 'ShopLoadQueueUrl']) {
      const message = new SendMessageCommand({ QueueUrl: outputs[name], MessageBody: '{}' });
      if (await allowed(sqs.send(message))) may.push(`send to ${name}`);
    }
    rights[kind] = may;
  }
  return rights;
}

/** moto reckons signatures over the path without its escapes, and `=` needs none. */
function signUnescaped(s3: S3Client): void {
  s3.middlewareStack.add(
    (next) => (args) => {
      const { request } = z.object({ request: z.custom<{ path: string }>() }).parse(args);
      request.path = request.path.replaceAll('%3D', '=');
      return next(args);
    },
    { step: 'build' },
  );
}

/** Whether the policies let a call through; that there is no such object is no matter of theirs. */
async function allowed(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    const { name, $response } = failure.parse(error);
    if (name === 'NoSuchKey') return true;
    // Of SQS, moto refuses in a form that its clients can't read.
    if (name === 'AccessDenied' || (name === 'SyntaxError' && $response?.statusCode === 403)) return false;
    throw error;
  }
}
