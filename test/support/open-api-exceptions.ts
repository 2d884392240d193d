/** Where a request of ours is other than a published description says, because Adobe's own material contradicts it. */
export interface OpenApiException {
  readonly operation: string;
  readonly problems: readonly string[];
  readonly reason: string;
}

const registry = '/data/foundation/schemaregistry/tenant';
const flowService = '/data/foundation/flowservice';
const patched = 'the description says that a value is text, and its example has a whole field for one';

/** All of them. The test holds that each is met with: one that is no longer needed has to go. */
export const openApiExceptions: readonly OpenApiException[] = [
  {
    operation: 'POST /data/foundation/import/batches',
    problems: [
      'the body has the unknown key enableErrorDiagnostics',
      'the body has the unknown key partialIngestionPercent',
    ],
    reason: 'the guide to partial ingestion has both, the description neither',
  },
  {
    operation: 'POST /data/foundation/import/batches',
    problems: ['/inputFormat/format must be equal to one of the allowed values'],
    reason: 'the list has JSON in capitals; the example beside it and every guide write it small',
  },
  {
    operation: 'PUT /data/foundation/import/batches/{batchId}/datasets/{datasetId}/files/{filePath}',
    problems: ['a body is not known'],
    reason: 'the description asks for the header of a body, and leaves the body out',
  },
  {
    operation: `POST ${registry}/schemas`,
    problems: ['the body has the unknown key meta:immutableTags'],
    reason: 'a schema joins Profile by it; the description has it in answers and in patches only',
  },
  {
    operation: `POST ${registry}/schemas`,
    problems: ['/allOf/* has the unknown key $ref'],
    reason: 'the description writes the key with a blank at its end',
  },
  {
    operation: `PATCH ${registry}/schemas/{SCHEMA_ID}`,
    problems: ['/*/value must be string'],
    reason: patched,
  },
  {
    operation: `PATCH ${registry}/fieldgroups/{FIELD_GROUP_ID}`,
    problems: ['/*/value must be string'],
    reason: patched,
  },
  {
    operation: `POST ${registry}/descriptors`,
    problems: [
      'the body has the unknown key xdm:namespace',
      'the body has the unknown key xdm:property',
      'the body has the unknown key xdm:isPrimary',
    ],
    reason: 'what else a body has goes by its @type, says the description, and lists what all types share',
  },
  {
    operation: `POST ${registry}/descriptors`,
    problems: ['/xdm:sourceVersion must be string'],
    reason: 'the example beside it has a number, and so have the answers',
  },
  {
    operation: `POST ${flowService}/connections`,
    problems: ['the body has the unknown key providerId'],
    reason: 'guides to HTTP API sources and a client of Adobe’s send it; the description does not know it',
  },
  {
    operation: `POST ${flowService}/connections`,
    problems: ['sourceId', 'dataType', 'name', 'authenticationRequired'].map(
      (name) => `/auth/params has the unknown key ${name}`,
    ),
    reason: 'parameters go by the kind of source: the description has those of Amazon S3 as its example',
  },
  {
    operation: `POST ${flowService}/sourceConnections`,
    problems: ["the body must have required property 'data'"],
    reason: 'it says how files or tables are read; the guide to HTTP API sources leaves it out',
  },
  {
    operation: 'POST /collection/batch/{CONNECTION_ID}',
    problems: ['timestamp', '_simtenant'].map(
      (name) => `/messages/*/body/xdmEntity has the unknown key ${name}`,
    ),
    reason: 'a row goes by its own schema, says the description, and has a person as its example',
  },
];
