import * as z from 'zod';

const ref = z.strictObject({ Ref: z.string() });
const attribute = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const joined = z.strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) });

/**
 * A value of a template as a person reads it: references as the names of what they point at, without the digits that
 * CDK puts behind them.
 *
 * @example readable({ 'Fn::GetAtt': ['ArchiveBucket49F1AC64', 'Arn'] }) === '<ArchiveBucket>'
 */
export function readable(value: unknown): string {
  if (typeof value === 'string') return value;
  const join = joined.safeParse(value);
  if (join.success) {
    const [separator, parts] = join.data['Fn::Join'];
    return parts.map(readable).join(separator);
  }
  const id = attribute.safeParse(value).data?.['Fn::GetAtt'][0] ?? ref.safeParse(value).data?.Ref;
  if (id !== undefined) return `<${id.replace(/^AWS::/, '').replace(/[0-9A-F]{8}$/, '')}>`;
  if (Array.isArray(value)) return value.map(readable).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${readable(inner)}`)
    .join('; ');
}
