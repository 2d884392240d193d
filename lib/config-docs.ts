import * as z from 'zod';
import { configJsonSchema } from './config-json-schema.ts';

/** As much of JSON Schema as the configuration uses. */
const nodeSchema = z.looseObject({
  description: z.string().default(''),
  type: z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  title: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  required: z.array(z.string()).default([]),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
});
type Node = z.output<typeof nodeSchema>;

const introduction = `# Configuration

Every key of \`connector.config.json\`, from the schema that the file is checked with. \`npm run docs\` writes this page; a test fails
when it is behind the code.

\`connector.config.example.json\` is the file to begin with. \`$schema\` in it lets an editor show the same texts, and
\`CONNECTOR_CONFIG\` names another file. A key that is not here is refused. Whatever is wrong is named all at once, by path, with what
was found and what is allowed.

A URL begins with \`https://\`; \`http://\` goes to this machine alone (127.0.0.1, [::1], localhost), so that no credential leaves it
in clear. A time zone is an IANA name (\`Europe/Madrid\`), an alias (\`US/Pacific\`) or a Windows name (\`Pacific Standard Time\`).
\`events\`, \`where\`, \`drop\` and \`hash\` decide what is stored, so a change reaches only windows that are exported after it; a change of
\`mapping\` reaches stored windows by a reload.
`;

/** The page `docs/configuration.md`: a section for each object of the configuration, a line for each key. */
export function configDocs(): string {
  return `${introduction}\n${sections('', nodeSchema.parse(configJsonSchema())).join('\n')}`;
}

/** The section of an object, then those of the objects inside. */
function sections(path: string, node: Node): string[] {
  const children = Object.entries(node.properties ?? {}).map(([key, child]) => ({
    key,
    child: nodeSchema.parse(child),
  }));
  const rows = children
    .filter(({ child }) => objectInside(child) === undefined)
    .map(({ key, child }) => row(key, child, node.required.includes(key)));
  const title = path === '' ? 'The file' : `\`${path}\``;
  const about = node.description === '' ? '' : `${node.description}.\n\n`;
  const table = `| Key | Type | Default | Allowed | Meaning |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  const own = rows.length === 0 ? [] : [`## ${title}\n\n${about}${table}`];
  const inner = children.flatMap(({ key, child }) => {
    const object = objectInside(child);
    if (object === undefined) return [];
    const isList = child.type === 'array';
    const description = isList ? `${child.description}; ${itemCount(child)}` : child.description;
    const name = `${path === '' ? '' : `${path}.`}${key}${isList ? '[]' : ''}`;
    return sections(name, { ...object, description });
  });
  return [...own, ...inner];
}

/** An object, or that which a list is made of. */
function objectInside(node: Node): Node | undefined {
  if (node.properties !== undefined) return node;
  if (node.items === undefined) return undefined;
  const item = nodeSchema.parse(node.items);
  return item.properties === undefined ? undefined : item;
}

function row(key: string, node: Node, isRequired: boolean): string {
  const cells = [
    `\`${key}\``,
    typeText(node),
    isRequired ? '**required**' : defaultText(node.default),
    allowedText(node),
    node.description,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function typeText({ type, items, anyOf }: Node): string {
  if (anyOf !== undefined) return anyOf.map((one) => typeText(nodeSchema.parse(one))).join(' or ');
  if (type === 'array') return `list of ${typeText(nodeSchema.parse(items))}s`;
  return type ?? 'any';
}

function defaultText(value: unknown): string {
  return value === undefined ? 'none' : `\`${JSON.stringify(value)}\``;
}

function allowedText(node: Node): string {
  const { enum: values, title, format, pattern, minimum, maximum, minLength, anyOf } = node;
  if (anyOf !== undefined) return anyOf.map((one) => allowedText(nodeSchema.parse(one))).join(' or ');
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  if (title !== undefined) return title;
  if (format === 'email') return 'an e-mail address';
  if (format === 'uri') return 'a URL';
  if (pattern !== undefined) return `\`${pattern}\``;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (node.type === 'boolean') return '`true`, `false`';
  if (node.type === 'array') return itemCount(node);
  if (node.type === 'integer') return 'positive';
  return minLength === undefined ? 'any' : 'not empty';
}

function itemCount({ minItems, maxItems }: Node): string {
  if (maxItems !== undefined) return `${minItems ?? 0} to ${maxItems} of them`;
  return minItems === undefined ? 'any number' : `${minItems} or more`;
}
