import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge';

export interface PrivateBucketProps {
  /** Time until an object is deleted. */
  readonly expiration: Duration;
  /** The reason why the bucket needs no access log. */
  readonly accessLogExemption: string;
}

/** An encrypted bucket without public access that requires TLS. It is deleted with the stack, including its objects. */
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
