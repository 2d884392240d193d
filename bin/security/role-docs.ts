import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { App } from 'aws-cdk-lib/core';
import * as z from 'zod';
import { parseWith } from '../../functions/shared/parse.ts';
import { loadConfig, projectRoot } from '../../lib/config.ts';
import { ConnectorStack } from '../../lib/connector-stack.ts';
import { readable } from './readable-value.ts';

/** Stands for the customer's own. */
const key = 'arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';

const oneOrMany = z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]);
const statementSchema = z.looseObject({
  Effect: z.string(),
  Action: oneOrMany.pipe(z.array(z.string())),
  Resource: oneOrMany,
  Condition: z.unknown().optional(),
});
const documentSchema = z.looseObject({ Statement: z.array(statementSchema) });
const templateSchema = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.unknown() })),
});
const roleSchema = z.looseObject({
  Policies: z.array(z.looseObject({ PolicyDocument: documentSchema })).default([]),
});
const policySchema = z.looseObject({
  PolicyDocument: documentSchema,
  Roles: z.array(z.looseObject({ Ref: z.string() })),
});

/** Each role by the words in its logical id, in the order of the flow. */
const roles = [
  { title: 'The scheduler', named: /^SchedulesRole/ },
  { title: 'plan-windows', named: /PlanWindowsRole/ },
  { title: 'export-window', named: /ExportWindowRole/ },
  { title: 'load-window', named: /LoadWindowRole/ },
];

/** The page `docs/roles.md`: what each role of a stack with everything switched on may do, from its template. */
export function roleDocs(): string {
  const resources = Object.entries(templateOf().Resources);
  const statementsOf = (id: string) =>
    resources.flatMap(([, { Type, Properties }]) => {
      if (Type !== 'AWS::IAM::Policy') return [];
      const { PolicyDocument, Roles } = parseWith(policySchema, Properties, 'reading a policy');
      return Roles.some(({ Ref }) => Ref === id) ? PolicyDocument.Statement : [];
    });
  const sections = roles.map(({ title, named }) => {
    const [found] = resources.filter(([id, { Type }]) => Type === 'AWS::IAM::Role' && named.test(id));
    if (found === undefined) throw new Error(`the stack has no role of ${title}`);
    const [id, { Properties }] = found;
    const { Policies } = parseWith(roleSchema, Properties, 'reading a role');
    const inline = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    return section(title, [...inline, ...statementsOf(id)]);
  });
  return `${introduction}\n${sections.join('\n')}`;
}

const introduction = `# What each role may do

From the template of the example's stack with everything switched on (\`staticEgress\`, \`archive.kmsKeyArn\`, \`privacy.hash\`). \`npm run docs\`
writes this page; a test fails when it is behind the code. There are no other roles, but for what AWS makes itself, and no managed
policies. Without a network or a key, the lines with \`ec2:\` or \`kms:\` are not there. Why each right is needed stands in
\`lib/source-permissions.ts\`.
`;

function section(title: string, statements: readonly z.output<typeof statementSchema>[]): string {
  const rows = statements.map(({ Effect, Action, Resource, Condition }) => {
    const cells = [
      Effect === 'Deny' ? 'denied' : 'allowed',
      Action.map(code).join(', '),
      Resource.map((one) => code(readable(one))).join(', '),
      Condition === undefined ? '' : code(readable(Condition)),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `## ${title}\n\n| | Actions | Resources | If |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

const code = (text: string): string => `\`${text}\``;

function templateOf() {
  const outdir = mkdtempSync(join(tmpdir(), 'connector-roles-'));
  try {
    const context = { '@aws-cdk/core:validateAgainstDefaultRules': false };
    const app = new App({ context, outdir, analyticsReporting: false });
    const example = loadConfig(join(projectRoot, 'connector.config.example.json'));
    const config = {
      ...example,
      staticEgress: true,
      archive: { ...example.archive, kmsKeyArn: key },
      sources: example.sources.map((source) => ({
        ...source,
        privacy: { ...source.privacy, hash: ['$email'] },
      })),
    };
    new ConnectorStack(app, { config, codeFor: () => Code.fromInline('exports.handler = 1;') });
    const template: unknown = app.synth().getStackByName(config.stackName).template;
    return parseWith(templateSchema, template, 'reading the template');
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
