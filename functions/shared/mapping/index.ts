export type { LineReader } from './compile/line-reader.ts';
export {
  type CompiledMapping,
  type CompileOptions,
  compileMapping,
  type MappedRecord,
  type RuleError,
} from './compile-mapping.ts';
export { parseExactJson, withExactIntegers } from './exact-json.ts';
export {
  type MappingSet,
  mappingHash,
  type ParseMappingOptions,
  parseMappingSet,
  type Rule,
} from './mapping-set.ts';
export { targetFingerprint } from './target/fingerprint.ts';
export type { Rejection } from './target/rejection.ts';
export type { TargetField, TargetSchema } from './target/target-field.ts';
export { readTargetSchema } from './target/target-schema.ts';
export type { Value } from './values/value.ts';
