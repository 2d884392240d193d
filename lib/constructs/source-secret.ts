import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Secret, type SecretProps } from 'aws-cdk-lib/aws-secretsmanager';
import { ArnFormat, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CustomerKey } from './customer-key.ts';

export interface SourceSecretProps {
  /** Use this secret, which exists already. @default the stack creates one */
  readonly existingName?: string | undefined;
  /** Name of the one created. */
  readonly name: string;
  readonly description: string;
  /** The fields to fill in, empty; or `generated`: made by Secrets Manager, as the field `key`. */
  readonly content: 'generated' | readonly string[];
  /** Of the one created. An existing secret keeps the key that it has. */
  readonly key: CustomerKey;
}

/** A credential of a source. No value of it is ever in the template. */
export class SourceSecret extends Construct {
  /** Complete for a secret of the stack; without its random suffix for one that exists already. */
  readonly arn: string;
  /** What a function asks Secrets Manager for. */
  readonly secretId: string;
  private readonly readable: string;

  constructor(scope: Construct, id: string, props: SourceSecretProps) {
    super(scope, id);
    if (props.existingName !== undefined) {
      this.secretId = props.existingName;
      this.arn = Stack.of(this).formatArn({
        service: 'secretsmanager',
        resource: 'secret',
        resourceName: props.existingName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
      // Secrets Manager puts a hyphen and six characters of its own behind every name.
      this.readable = `${this.arn}-??????`;
      return;
    }
    const secret = new Secret(this, 'Secret', {
      secretName: props.name,
      description: props.description,
      // Without the credential nothing runs, without the privacy key hashes of before and after don't join.
      removalPolicy: RemovalPolicy.RETAIN,
      ...(props.key === undefined ? {} : { encryptionKey: props.key }),
      ...initialValue(props.content),
    });
    this.arn = secret.secretArn;
    this.secretId = secret.secretArn;
    this.readable = secret.secretArn;
  }

  allowRead(): PolicyStatement {
    return new PolicyStatement({
      actions: ['secretsmanager:GetSecretValue'],
      resources: [this.readable],
    });
  }
}

/**
 * Fields without a value: they show what to fill in, and a function that finds them so names them. CloudFormation
 * writes a secret's value only when this text changes, so it must never change: that would empty filled secrets.
 */
function initialValue(content: SourceSecretProps['content']): SecretProps {
  if (content === 'generated') {
    return {
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'key',
        // 64 letters and digits hold 380 bits: more than the 256 that HMAC-SHA-256 can use.
        passwordLength: 64,
        excludePunctuation: true,
      },
    };
  }
  const fields = Object.fromEntries(content.map((field) => [field, '']));
  return { secretStringValue: SecretValue.unsafePlainText(JSON.stringify(fields)) };
}
