import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { prefixes } from '../../functions/shared/object-keys.ts';
import type { ConnectorConfig } from '../config.ts';

/** A delivery is over within hours; what it remembers of its parts is of no use to any later one. */
const checkpointRetention = Duration.days(30);

/** The bucket of parts, rejected records, ledgers and state. Outlives the stack. */
export class ArchiveBucket extends Construct {
  readonly bucket: Bucket;
  private readonly key: IKey | undefined;

  constructor(scope: Construct, id: string, props: ConnectorConfig['archive']) {
    super(scope, id);
    this.key = props.kmsKeyArn === undefined ? undefined : Key.fromKeyArn(this, 'Key', props.kmsKeyArn);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      ...(this.key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : // One data key serves many objects, which saves nearly all calls to the key service.
          { encryption: BucketEncryption.KMS, encryptionKey: this.key, bucketKeyEnabled: true }),
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

  /** Objects under these prefixes, for these actions alone. */
  allow(actions: readonly string[], keyPrefixes: readonly string[]): PolicyStatement {
    return this.allowKeys(
      actions,
      keyPrefixes.map((prefix) => `${prefix}*`),
    );
  }

  /** Objects whose keys are like one of these patterns, `*` being any text, for these actions alone. */
  allowKeys(actions: readonly string[], patterns: readonly string[]): PolicyStatement {
    return new PolicyStatement({
      actions: [...actions],
      resources: patterns.map((pattern) => this.bucket.arnForObjects(pattern)),
    });
  }

  /**
   * Listing under these prefixes. Reading needs it as well: without it S3 says 403, not 404, of an object that
   * doesn't exist. A read carries no prefix to compare, hence "if exists".
   */
  allowList(keyPrefixes: readonly string[]): PolicyStatement {
    return new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [this.bucket.bucketArn],
      conditions: { StringLikeIfExists: { 's3:prefix': keyPrefixes.map((prefix) => `${prefix}*`) } },
    });
  }

  /** What writing and reading under the customer's own key takes; nothing without one. */
  allowKey(): PolicyStatement[] {
    if (this.key === undefined) return [];
    return [
      new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [this.key.keyArn] }),
    ];
  }
}

function expire(prefix: string, expiration: Duration) {
  return { id: `expire-${prefix.slice(0, -1)}`, prefix, expiration };
}
