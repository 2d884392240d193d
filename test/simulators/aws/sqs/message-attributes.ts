import { createHash } from 'node:crypto';
import type { MessageAttribute } from './records.ts';
import { invalidParameter } from './sqs-error.ts';

/** By name. */
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

const namePattern = /^(?!\.)(?!.*\.\.)[\w.-]{1,256}(?<!\.)$/;
const reservedPattern = /^(aws|amazon)\./i;
const typePattern = /^(String|Number|Binary)(\..+)?$/;
/** SQS allows no more of them on a message. */
const maxAttributes = 10;

/** @throws {ApiError} InvalidParameterValue, naming the attribute but not its value. */
export function checkAttributes(attributes: MessageAttributes): void {
  const entries = Object.entries(attributes);
  if (entries.length > maxAttributes)
    throw invalidParameter(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`,
    );
  for (const [name, attribute] of entries) {
    if (!namePattern.test(name) || reservedPattern.test(name))
      throw invalidParameter(`The message attribute name '${name}' is invalid.`);
    if (!typePattern.test(attribute.DataType))
      throw invalidParameter(`The message attribute '${name}' has an invalid message attribute type.`);
    const isBinary = attribute.DataType.startsWith('Binary');
    const value = isBinary ? attribute.BinaryValue : attribute.StringValue;
    const other = isBinary ? attribute.StringValue : attribute.BinaryValue;
    if (value === undefined || value === '' || other !== undefined)
      throw invalidParameter(`The message attribute '${name}' must contain a non-empty value of its type.`);
    if (attribute.DataType.startsWith('Number') && !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value))
      throw invalidParameter(`Can't cast the value of message attribute '${name}' to a number.`);
  }
}

/** What the attributes count towards the size of a message: names, types and values. */
export function attributeBytes(attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, attribute]) =>
      sum + Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + valueBytes(attribute).length,
    0,
  );
}

/** The digest that SDKs compare, of these attributes in the order of their names; undefined for none. */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const md5 = createHash('md5');
  const addSized = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    md5.update(length).update(bytes);
  };
  for (const name of names) {
    const attribute = attributes[name];
    if (attribute === undefined) continue;
    addSized(Buffer.from(name));
    addSized(Buffer.from(attribute.DataType));
    md5.update(Buffer.of(attribute.BinaryValue === undefined ? 1 : 2));
    addSized(valueBytes(attribute));
  }
  return md5.digest('hex');
}

/** Those that a reader asked for: by name, `All`, or a beginning with `.*`. */
export function selectAttributes(
  attributes: MessageAttributes,
  wanted: readonly string[],
): MessageAttributes {
  const isWanted = (name: string) =>
    wanted.some((pattern) =>
      pattern === 'All' || pattern === '.*'
        ? true
        : pattern.endsWith('.*')
          ? name.startsWith(pattern.slice(0, -2))
          : name === pattern,
    );
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isWanted(name)));
}

function valueBytes(attribute: MessageAttribute): Buffer {
  return attribute.BinaryValue === undefined
    ? Buffer.from(attribute.StringValue ?? '')
    : Buffer.from(attribute.BinaryValue, 'base64');
}
