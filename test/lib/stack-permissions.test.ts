import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configOf, type Resource, synthesise } from './synth-stack.ts';

const oneOrMany = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const statementSchema = z.object({
  Effect: z.string(),
  Action: oneOrMany,
  Resource: z.unknown(),
  Condition: z.unknown().optional(),
});
const documentSchema = z.looseObject({ Statement: z.array(statementSchema) });
type Statement = z.output<typeof statementSchema>;

const stack = synthesise(configOf({ staticEgress: true }));

function statementsOf({ properties }: Resource): Statement[] {
  const { Policies, PolicyDocument } = z
    .looseObject({
      Policies: z.array(z.looseObject({ PolicyDocument: documentSchema })).default([]),
      PolicyDocument: documentSchema.optional(),
    })
    .parse(properties);
  return [
    ...Policies.flatMap((policy) => policy.PolicyDocument.Statement),
    ...(PolicyDocument?.Statement ?? []),
  ];
}

const roles = [...stack.ofType('AWS::IAM::Role'), ...stack.ofType('AWS::IAM::Policy')];

/** What a function may do with the archive: action → key patterns. */
function archiveRights(name: string): Record<string, string[]> {
  const rights: Record<string, string[]> = {};
  for (const role of roles.filter(({ id }) => id.includes(name))) {
    for (const { Action, Resource: target, Condition } of statementsOf(role)) {
      for (const action of Action.filter((one) => one.startsWith('s3:'))) {
        const source = JSON.stringify(Condition ?? target);
        const keys = [...source.matchAll(/"\/?((?:raw|rejected|ledger|checkpoints|state)\/[^"]*)"/g)];
        rights[action] = [...(rights[action] ?? []), ...keys.map((match) => match[1] ?? '')].toSorted();
      }
    }
  }
  return rights;
}

const raw = 'raw/source=shop-eu/*';
const rejected = 'rejected/source=shop-eu/*';
const ledger = 'ledger/source=shop-eu/*';
const slices = 'checkpoints/source=shop-eu/date=*/run=*';
const uploads = 'checkpoints/source=shop-eu/date=*/delivery=*';
const schema = 'state/source=shop-eu/schema.json';
const sandbox = 'state/sandbox=000000000000000000000000-AdobeOrg-prod/*';
const timestamps = 'state/source=shop-eu/timestamps.json';
const looks = ['state/source=shop-eu/watch.json', 'state/source=shop-eu/windows.json'];
const kept = [
  'state/project=999999999/*',
  'state/source=shop-eu/backfills/*',
  'state/source=shop-eu/slices/*',
];

describe('permissions', () => {
  it('name every action in full', () => {
    expect(roles.length).toBeGreaterThan(3);
    for (const role of roles) {
      for (const { Action } of statementsOf(role))
        for (const action of Action) expect(action).not.toContain('*');
    }
  });

  it('never cover all resources, except for network interfaces, which have no name yet', () => {
    for (const role of roles) {
      for (const statement of statementsOf(role).filter(({ Resource: target }) => target === '*')) {
        expect(statement.Action.every((action) => action.startsWith('ec2:'))).toBe(true);
      }
    }
  });

  it('come from no managed policy', () => {
    for (const role of stack.ofType('AWS::IAM::Role'))
      expect(role.properties.ManagedPolicyArns).toBeUndefined();
  });

  it.each([
    [
      'PlanWindows',
      {
        's3:GetObject': [ledger, timestamps, ...looks],
        's3:PutObject': looks,
        's3:ListBucket': [ledger],
      },
    ],
    [
      'ExportWindow',
      {
        's3:GetObject': [raw, slices, ledger, timestamps, ...kept, 'state/source=shop-eu/forgotten.json'],
        's3:PutObject': [raw, slices, ledger, timestamps, ...kept],
        's3:DeleteObject': [raw, slices],
        's3:AbortMultipartUpload': [raw, slices],
        's3:ListBucket': [raw],
      },
    ],
    [
      'LoadWindow',
      {
        's3:GetObject': [raw, uploads, ledger, sandbox, schema],
        's3:PutObject': ['raw/source=shop-eu/*/properties.json', rejected, uploads, ledger, sandbox, schema],
        's3:DeleteObject': [rejected],
        's3:AbortMultipartUpload': [rejected],
        's3:ListBucket': [ledger, uploads],
      },
    ],
  ])(
    "let %s touch no more of the archive than its own source's keys, each for its purpose",
    (name, expected) => {
      const sorted = Object.entries(expected).map(([action, keys]) => [action, keys.toSorted()]);
      expect(archiveRights(name)).toEqual(Object.fromEntries(sorted));
    },
  );

  it('let each function read only the secret that it needs', () => {
    const readers = (secret: string) =>
      roles
        .filter((role) =>
          statementsOf(role).some(
            ({ Action, Resource: target }) =>
              Action.includes('secretsmanager:GetSecretValue') && JSON.stringify(target).includes(secret),
          ),
        )
        .map(({ id }) => id.replace(/^SourceShopEu|Role.*$/g, ''));
    expect(readers('MixpanelSecret')).toEqual(['PlanWindows', 'ExportWindow']);
    expect(readers('PlatformSecret')).toEqual(['LoadWindow']);
  });

  it('keep the network rights that Lambda uses away from the code that it runs', () => {
    const functionRoles = roles.filter(({ id }) => /(Plan|Export|Load)Window/.test(id));
    expect(functionRoles).toHaveLength(3);
    for (const role of functionRoles) {
      const denied = statementsOf(role).filter(({ Effect }) => Effect === 'Deny');
      expect(JSON.stringify(denied)).toContain('lambda:SourceFunctionArn');
    }
  });
});
