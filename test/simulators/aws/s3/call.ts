import type { ApiRequest } from '../api-request.ts';
import type { Reply } from '../reply.ts';
import type { Buckets } from './buckets.ts';
import type { S3Layout } from './layout.ts';
import type { ObjectFiles } from './object-files.ts';
import type { UploadFiles } from './upload-files.ts';
import { type XmlContent, xmlDocument } from './xml.ts';

/** Everything that S3's operations work on. */
export interface S3Store {
  readonly layout: S3Layout;
  readonly buckets: Buckets;
  readonly objects: ObjectFiles;
  readonly uploads: UploadFiles;
}

/** A routed request: bucket and key are decoded, and empty where the operation has none. */
export interface S3Call {
  readonly store: S3Store;
  readonly request: ApiRequest;
  readonly bucket: string;
  readonly key: string;
}

/** An operation of S3. */
export type S3Act = (call: S3Call) => Promise<Reply>;

/** A successful answer with a document. */
export function xmlReply(
  root: string,
  content: XmlContent,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...headers },
    body: xmlDocument(root, content),
  };
}
