import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { prefixes } from '../../functions/shared/object-keys.ts';
import type { CustomerKey } from './customer-key.ts';

/** No one from outside, no object of another's, nothing in clear on the wire. */
const closed = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
} as const;

/** A delivery is over within hours; what it remembers of its parts is of no use to any later one. */
const checkpointRetention = Duration.days(30);

export interface ArchiveBucketProps {
  /** Parts and rejected records expire after so many days. */
  readonly retentionDays: number;
  /** Whether each request to the archive is noted in a bucket beside it. */
  readonly accessLog: boolean;
  readonly key: CustomerKey;
}

/** The bucket of parts, rejected records, ledgers and state. Outlives the stack. */
export class ArchiveBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: ArchiveBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...closed,
      ...(props.accessLog ? { serverAccessLogsBucket: this.accessLog(props.retentionDays) } : {}),
      ...(props.key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : // One data key serves many objects, which saves nearly all calls to the key service.
          { encryption: BucketEncryption.KMS, encryptionKey: props.key, bucketKeyEnabled: true }),
      // No versions: erasing a person's events must be final, and nothing here is overwritten blindly. Parts are
      // written once under a new run's key, ledgers only if unchanged since they were read.
      versioned: false,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        expire(prefixes.raw, Duration.days(props.retentionDays)),
        expire(prefixes.rejected, Duration.days(props.retentionDays)),
        expire(prefixes.checkpoints, checkpointRetention),
        // A function that was killed leaves parts of an upload behind, invisible and paid for.
        { id: 'abort-unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
  }

  /** Who asked for which object, kept for as long as the objects are. It holds their names, and nothing of theirs. */
  private accessLog(retentionDays: number): IBucket {
    // As with the network: the class says "boolean or undefined" where its interface says "boolean, if any".
    return new Bucket(this, 'AccessLog', {
      ...closed,
      // S3 delivers its log to no bucket that is encrypted under a key of one's own.
      encryption: BucketEncryption.S3_MANAGED,
      // No versions: S3 writes each object of the log once, under a name of its own.
      versioned: false,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ id: 'expire', expiration: Duration.days(retentionDays) }],
    }) as IBucket;
  }

  /** Objects whose keys are like one of these patterns, `*` being any text, for these actions alone. */
  allowKeys(actions: readonly string[], patterns: readonly string[]): PolicyStatement {
    return new PolicyStatement({
      actions: [...actions],
      resources: patterns.map((pattern) => this.bucket.arnForObjects(pattern)),
    });
  }

  /**
   * Listing under prefixes like these. Reading needs it as well: without it S3 says 403, not 404, of an object that
   * doesn't exist. A read carries no prefix to compare, hence "if exists"; nor does a listing that names none, which is
   * so allowed too, and shows the names of all objects (docs/security.md, "Who can do what").
   */
  allowList(patterns: readonly string[]): PolicyStatement {
    return new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [this.bucket.bucketArn],
      conditions: { StringLikeIfExists: { 's3:prefix': [...patterns] } },
    });
  }
}

function expire(prefix: string, expiration: Duration) {
  return { id: `expire-${prefix.slice(0, -1)}`, prefix, expiration };
}
