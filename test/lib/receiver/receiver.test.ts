import { App, Stack } from 'aws-cdk-lib';
import { Receiver } from '../../../lib/receiver/receiver';
import { onlyOne, resourcesOf, STACK, synthesize } from '../template';

const template = synthesize();
const FOURTEEN_DAYS = 1_209_600;

describe('the overflow', () => {
  const { ReceiverOverflowQueue: queue, ReceiverOverflowDeadLetters: deadLetters } = resourcesOf(
    template,
    'AWS::SQS::Queue',
  );
  const { ReceiverOverflowBucket: bucket } = resourcesOf(template, 'AWS::S3::Bucket');

  it('has the longest retention and the highest receive count that SQS allows, and is encrypted', () => {
    const expiration = { MessageRetentionPeriod: FOURTEEN_DAYS, SqsManagedSseEnabled: true };
    expect(deadLetters?.Properties).toEqual(expiration);
    expect(queue?.Properties).toEqual({
      ...expiration,
      VisibilityTimeout: 120,
      RedrivePolicy: { deadLetterTargetArn: '<ReceiverOverflowDeadLetters.Arn>', maxReceiveCount: 1000 },
    });
  });

  it('has a visibility timeout of six times the timeout of the redrive, as AWS recommends', () => {
    const { Timeout } = resourcesOf(template, 'AWS::Lambda::Function').ReceiverRedriveFunction?.Properties ?? {};
    expect(queue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
  });

  it('survives an outage of the event bus of more than a day', () => {
    const { VisibilityTimeout, RedrivePolicy } = queue?.Properties ?? {};
    expect(VisibilityTimeout * RedrivePolicy.maxReceiveCount).toBeGreaterThan(24 * 60 * 60);
  });

  it('stores large notifications in a private, encrypted bucket for twice the retention of the queue', () => {
    expect(bucket?.Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 28, Status: 'Enabled' }] },
    });
    expect(bucket?.DeletionPolicy).toBe('Delete');
  });

  it('is redriven in batches as large as one PutEvents call, and each message fails by itself', () => {
    expect(onlyOne(template, 'AWS::Lambda::EventSourceMapping')).toEqual({
      EventSourceArn: '<ReceiverOverflowQueue.Arn>',
      FunctionName: '<ReceiverRedriveFunction>',
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });
});

it('the deduplication table is on demand, expires its items, and is deleted with the stack', () => {
  const { ReceiverDeduplicationTable: table } = resourcesOf(template, 'AWS::DynamoDB::Table');
  expect(table?.Properties).toMatchObject({
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  });
  expect(table?.DeletionPolicy).toBe('Delete');
});

it('the archive keeps the events of the receiver for 14 days', () => {
  expect(onlyOne(template, 'AWS::Events::Archive')).toMatchObject({
    ArchiveName: expect.stringMatching(/^<<AWS::StackId> split at \/ 2>-[0-9a-f]{8}$/),
    EventPattern: { source: ['intercom.webhook'] },
    RetentionDays: 14,
    SourceArn: '<ReceiverBus.Arn>',
  });
});

it('the placeholder of the client secret never changes, because CloudFormation would overwrite the stored secret', () => {
  expect(onlyOne(template, 'AWS::SecretsManager::Secret').GenerateSecretString).toEqual({
    SecretStringTemplate: '{"placeholder":"Replace all of this with the client secret of your Intercom app"}',
    GenerateStringKey: 'random',
  });
});

describe('the API', () => {
  const stage = onlyOne(template, 'AWS::ApiGateway::Stage');

  it('allows twice the 2,500 requests per second that Intercom sends at most', () => {
    expect(stage.MethodSettings).toEqual([
      expect.objectContaining({
        HttpMethod: '*',
        ResourcePath: '/*',
        ThrottlingRateLimit: 5000,
        ThrottlingBurstLimit: 5000,
      }),
    ]);
  });

  it('logs caller, request and response, but no body and no header that could hold a signature', () => {
    const { DestinationArn, Format } = stage.AccessLogSetting;
    expect(DestinationArn).toBe('<IngressAccessLogStream.Arn>');
    const fields = Object.values(JSON.parse(Format));
    expect(fields).toEqual(
      expect.arrayContaining(['$context.requestId', '$context.identity.sourceIp', '$context.status']),
    );
    expect(fields.filter((field) => /body|header|override|authorizer/i.test(String(field)))).toEqual([]);
  });

  it('logs through a stream with the name prefix that API Gateway requires, to a bucket for 90 days', () => {
    expect(onlyOne(template, 'AWS::KinesisFirehose::DeliveryStream')).toMatchObject({
      DeliveryStreamName: expect.stringMatching(/^amazon-apigateway-<<AWS::StackId> split at \/ 2>-[0-9a-f]{8}$/),
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      ExtendedS3DestinationConfiguration: { BucketARN: '<IngressAccessLogBucket.Arn>' },
    });
    const { IngressAccessLogBucket: bucket } = resourcesOf(template, 'AWS::S3::Bucket');
    expect(bucket?.Properties.LifecycleConfiguration.Rules).toEqual([{ ExpirationInDays: 90, Status: 'Enabled' }]);
  });

  it('returns its errors without details, and never with a status at which Intercom stops sending', () => {
    const answers = Object.values(resourcesOf(template, 'AWS::ApiGateway::GatewayResponse')).map(
      ({ Properties }) => Properties,
    );
    expect(answers.map(({ ResponseType, StatusCode }) => [ResponseType, StatusCode])).toEqual([
      ['DEFAULT_4XX', undefined],
      ['DEFAULT_5XX', undefined],
      ['MISSING_AUTHENTICATION_TOKEN', '404'],
      ['THROTTLED', '503'],
    ]);
    for (const { ResponseTemplates } of answers) expect(ResponseTemplates).toEqual({ 'application/json': '{}' });
  });
});

describe('metrics', () => {
  const receiver = new Receiver(new Stack(new App(), 'Any'), 'Receiver', {
    name: STACK,
  });

  test.each([
    ['Accepted', receiver.metricAccepted()],
    ['Duplicates', receiver.metricDuplicates()],
    ['InvalidSignature', receiver.metricInvalidSignature()],
    ['Invalid', receiver.metricInvalid()],
    ['Overflowed', receiver.metricOverflowed()],
    ['DeliveryFailed', receiver.metricDeliveryFailed()],
  ])('%s is a sum with the dimension of the receiver', (name, metric) => {
    expect(metric).toMatchObject({
      namespace: 'IntercomAllowlist',
      metricName: name,
      statistic: 'Sum',
      dimensions: { service: 'receiver', stack: STACK },
    });
  });

  it('metricLatency returns the 99th percentile, unless the caller sets another statistic', () => {
    expect(receiver.metricLatency()).toMatchObject({ metricName: 'Latency', statistic: 'p99' });
    expect(receiver.metricLatency({ statistic: 'p50' })).toMatchObject({ statistic: 'p50' });
  });
});
