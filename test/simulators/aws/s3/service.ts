import { ApiError } from '../api-error.ts';
import type { ApiRequest } from '../api-request.ts';
import type { Service } from '../operation.ts';
import type { Reply } from '../reply.ts';
import { createBuckets } from './buckets.ts';
import type { S3Store } from './call.ts';
import { createLayout } from './layout.ts';
import { openObjectFiles } from './object-files.ts';
import { routeS3 } from './router.ts';
import { createUploadFiles } from './upload-files.ts';
import { xmlDocument } from './xml.ts';

/** S3 on a data folder: `s3`, `s3-meta` and `s3-uploads` below it. */
export async function openS3(dataDir: string): Promise<Service> {
  const layout = createLayout(dataDir);
  const store: S3Store = {
    layout,
    objects: await openObjectFiles(layout),
    buckets: createBuckets(layout),
    uploads: createUploadFiles(layout),
  };
  return {
    prepare(request) {
      if (!request.signed) throw new ApiError(403, 'AccessDenied', 'Access Denied');
      const { name, act, bucket, key } = routeS3(request);
      return {
        service: 's3',
        operation: name,
        subject: key === '' ? bucket : `${bucket}/${key}`,
        run: () => act({ store, request, bucket, key }),
      };
    },
    refuse,
    // Nothing runs on its own, and no file stays open between requests.
    close: async () => {},
  };
}

function refuse(error: ApiError, request: ApiRequest): Reply {
  const range: Record<string, string> =
    error.status === 416 ? { 'content-range': `bytes */${error.details.ActualObjectSize ?? '*'}` } : {};
  // An answer to HEAD has no body, so the client has to go by the status.
  if (request.method === 'HEAD') return { status: error.status, headers: range };
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml', ...range },
    body: xmlDocument(
      'Error',
      {
        Code: error.code,
        Message: error.message,
        ...error.details,
        Resource: request.path,
        RequestId: request.id,
      },
      false,
    ),
  };
}
