import { ApiError } from '../api-error.ts';
import type { S3Act } from './call.ts';
import { xmlReply } from './call.ts';
import { childText, parseXml } from './xml.ts';

const maxDocumentBytes = 64 * 1024;

/** ListBuckets, all of them on one page. */
export const listBuckets: S3Act = async ({ store }) => {
  const buckets = await store.buckets.list();
  return xmlReply('ListAllMyBucketsResult', {
    Owner: { ID: '000000000000' },
    Buckets: {
      Bucket: buckets.map(({ name, createdAt }) => ({
        Name: name,
        CreationDate: new Date(createdAt).toISOString(),
      })),
    },
  });
};

/** CreateBucket, in the region of the request. */
export const createBucket: S3Act = async ({ store, request, bucket }) => {
  const text = await request.text(maxDocumentBytes);
  const wanted = text === '' ? undefined : childText(parseXml(text), 'LocationConstraint');
  if (wanted !== undefined && wanted !== request.region)
    throw new ApiError(
      400,
      'IllegalLocationConstraintException',
      `The ${wanted} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  await store.buckets.create(bucket, request.region);
  return { status: 200, headers: { location: `/${bucket}` }, body: '' };
};

/** HeadBucket: the bucket's region, or 404. */
export const headBucket: S3Act = async ({ store, bucket }) => {
  const { region } = await store.buckets.demand(bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': region } };
};

/** DeleteBucket, of an empty one. */
export const deleteBucket: S3Act = async ({ store, bucket }) => {
  await store.buckets.delete(bucket);
  return { status: 204 };
};
