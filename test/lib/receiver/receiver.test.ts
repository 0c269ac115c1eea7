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

  it('keeps as long as SQS can, encrypted, and then gives up only after the most tries that SQS counts', () => {
    const expiration = { MessageRetentionPeriod: FOURTEEN_DAYS, SqsManagedSseEnabled: true };
    expect(deadLetters?.Properties).toEqual(expiration);
    expect(queue?.Properties).toEqual({
      ...expiration,
      VisibilityTimeout: 120,
      RedrivePolicy: { deadLetterTargetArn: '<ReceiverOverflowDeadLetters.Arn>', maxReceiveCount: 1000 },
    });
  });

  it('hides a message for six times as long as a redrive may take, as AWS asks of a queue that Lambda reads', () => {
    const { Timeout } = resourcesOf(template, 'AWS::Lambda::Function').ReceiverRedriveFunction?.Properties ?? {};
    expect(queue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
  });

  it('survives an outage of the bus of a day and more', () => {
    const { VisibilityTimeout, RedrivePolicy } = queue?.Properties ?? {};
    expect(VisibilityTimeout * RedrivePolicy.maxReceiveCount).toBeGreaterThan(24 * 60 * 60);
  });

  it('keeps what is too large in a private, encrypted bucket, twice as long: first its event waits, then its reader', () => {
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

  it('is redriven in batches of as many events as EventBridge takes, of which each fails alone', () => {
    expect(onlyOne(template, 'AWS::Lambda::EventSourceMapping')).toEqual({
      EventSourceArn: '<ReceiverOverflowQueue.Arn>',
      FunctionName: '<ReceiverRedriveFunction>',
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });
});

it('remembers ids in a table on demand, which forgets them by itself and goes with the stack', () => {
  const { ReceiverDeduplicationTable: table } = resourcesOf(template, 'AWS::DynamoDB::Table');
  expect(table?.Properties).toMatchObject({
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  });
  expect(table?.DeletionPolicy).toBe('Delete');
});

it('archives what the receiver puts on the bus for 14 days', () => {
  expect(onlyOne(template, 'AWS::Events::Archive')).toMatchObject({
    ArchiveName: '<<AWS::StackId> split at / 2>',
    EventPattern: { source: ['intercom.webhook'] },
    RetentionDays: 14,
    SourceArn: '<ReceiverBus.Arn>',
  });
});

it('generates a secret that is recognizably none. Were this changed, CloudFormation would overwrite the one that was put in', () => {
  expect(onlyOne(template, 'AWS::SecretsManager::Secret').GenerateSecretString).toEqual({
    SecretStringTemplate: '{"placeholder":"Replace all of this with the client secret of your Intercom app"}',
    GenerateStringKey: 'random',
  });
});

describe('the API', () => {
  const stage = onlyOne(template, 'AWS::ApiGateway::Stage');

  it('lets twice the 2,500 requests a second through that Intercom sends at most', () => {
    expect(stage.MethodSettings).toEqual([
      expect.objectContaining({
        HttpMethod: '*',
        ResourcePath: '/*',
        ThrottlingRateLimit: 5000,
        ThrottlingBurstLimit: 5000,
      }),
    ]);
  });

  it('logs who called what, when, and how it was answered, but no body and no header that could hold a signature', () => {
    const { DestinationArn, Format } = stage.AccessLogSetting;
    expect(DestinationArn).toBe('<IngressAccessLogStream.Arn>');
    const fields = Object.values(JSON.parse(Format));
    expect(fields).toEqual(
      expect.arrayContaining(['$context.requestId', '$context.identity.sourceIp', '$context.status']),
    );
    expect(fields.filter((field) => /body|header|override|authorizer/i.test(String(field)))).toEqual([]);
  });

  it('logs by way of a stream that API Gateway may write to by its name, into a bucket for 90 days', () => {
    expect(onlyOne(template, 'AWS::KinesisFirehose::DeliveryStream')).toMatchObject({
      DeliveryStreamName: 'amazon-apigateway-<<AWS::StackId> split at / 2>',
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      ExtendedS3DestinationConfiguration: { BucketARN: '<IngressAccessLogBucket.Arn>' },
    });
    const { IngressAccessLogBucket: bucket } = resourcesOf(template, 'AWS::S3::Bucket');
    expect(bucket?.Properties.LifecycleConfiguration.Rules).toEqual([{ ExpirationInDays: 90, Status: 'Enabled' }]);
  });

  it('answers by itself with nothing but a status, and never one that Intercom takes for an order to stop', () => {
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
  ])('%s is the sum of the receiver of this stack', (name, metric) => {
    expect(metric).toMatchObject({
      namespace: 'IntercomAllowlist',
      metricName: name,
      statistic: 'Sum',
      dimensions: { service: 'receiver', stack: STACK },
    });
  });

  it('Latency is the 99th percentile, unless another is asked for', () => {
    expect(receiver.metricLatency()).toMatchObject({ metricName: 'Latency', statistic: 'p99' });
    expect(receiver.metricLatency({ statistic: 'p50' })).toMatchObject({ statistic: 'p50' });
  });
});
