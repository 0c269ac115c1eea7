import { Duration, Stack } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  AccessLogField as Field,
  FirehoseLogDestination,
  type StageOptions,
} from 'aws-cdk-lib/aws-apigateway';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Construct } from 'constructs';
import { acknowledge, anyObjectOf } from '../acknowledge';
import { pathHash } from '../physical-name';
import { PrivateBucket } from '../private-bucket';
import { stackUuid } from '../stack-uuid';

/**
 * The access log of an API: one line per request with caller, time, request and response, but no body and no signature.
 *
 * It goes through Firehose to a bucket, because logs in CloudWatch need a role that is an account-wide setting
 * (docs/decisions/0006-no-account-wide-settings.md).
 */
export class ApiAccessLog extends Construct {
  readonly stageOptions: Pick<StageOptions, 'accessLogDestination' | 'accessLogFormat'>;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const bucket = new PrivateBucket(this, 'Bucket', {
      expiration: Duration.days(90),
      accessLogExemption: 'The bucket holds a log',
    });
    const writer = writerOf(this, bucket);
    const stream = new CfnDeliveryStream(this, 'Stream', {
      // API Gateway requires the prefix, and Firehose allows 64 characters.
      deliveryStreamName: `amazon-apigateway-${stackUuid(this)}-${pathHash(this)}`,
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        bucketArn: bucket.bucketArn,
        roleArn: writer.roleArn,
        bufferingHints: { intervalInSeconds: 60, sizeInMBs: 5 },
        compressionFormat: 'GZIP',
        fileExtension: '.json.gz',
        // One line per request.
        processingConfiguration: { enabled: true, processors: [{ type: 'AppendDelimiterToRecord' }] },
      },
    });
    stream.node.addDependency(writer);
    this.stageOptions = {
      accessLogDestination: new FirehoseLogDestination(stream),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(FORMAT)),
    };
  }
}

const FORMAT = {
  requestId: Field.contextRequestId(),
  time: Field.contextRequestTime(),
  ip: Field.contextIdentitySourceIp(),
  userAgent: Field.contextIdentityUserAgent(),
  method: Field.contextHttpMethod(),
  path: Field.contextPath(),
  status: Field.contextStatus(),
  responseLatency: Field.contextResponseLatency(),
  integrationStatus: Field.contextIntegrationStatus(),
  integrationLatency: Field.contextIntegrationLatency(),
  integrationError: Field.contextIntegrationErrorMessage(),
  error: Field.contextErrorResponseType(),
  waf: Field.contextWafResponseCode(),
};

/** The permissions that Firehose needs to write to a bucket (docs.aws.amazon.com/firehose, "Grant Firehose access to an Amazon S3 destination"). */
function writerOf(scope: Construct, bucket: PrivateBucket): Role {
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('firehose.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  });
  const allow = (resource: string, ...actions: string[]) =>
    role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
  allow(bucket.bucketArn, 's3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads');
  allow(bucket.arnForObjects('*'), 's3:PutObject', 's3:AbortMultipartUpload');
  acknowledge(role, { [anyObjectOf(bucket)]: 'Firehose names the objects by the time of writing' });
  return role;
}
