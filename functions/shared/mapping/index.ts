export {
  type CompiledMapping,
  type CompileOptions,
  compileMapping,
  type MappedRecord,
  type Rejection,
  type RuleError,
} from './compile-mapping.ts';
export { parseExactJson, withExactIntegers } from './exact-json.ts';
export type { FieldShape } from './field-shape.ts';
export {
  type MappingSet,
  mappingHash,
  type ParseMappingOptions,
  parseMappingSet,
  type Rule,
} from './mapping-set.ts';
export { shapeOfSchema } from './schema-shape.ts';
