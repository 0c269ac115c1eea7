import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge';

export interface PrivateBucketProps {
  /** How long an object is kept. */
  readonly expiration: Duration;
  /** Why nobody needs a log of who read what. */
  readonly accessLogExemption: string;
}

/** A bucket for this account alone, encrypted, reached over TLS only. It goes when the stack goes, with what is in it. */
export class PrivateBucket extends Bucket {
  constructor(scope: Construct, id: string, { expiration, accessLogExemption }: PrivateBucketProps) {
    super(scope, id, {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [{ expiration: expiration }],
      removalPolicy: RemovalPolicy.DESTROY,
      autoDeleteObjects: true,
    });
    acknowledge(this, { S1: accessLogExemption });
  }
}
