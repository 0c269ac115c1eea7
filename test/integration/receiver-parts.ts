import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { Env } from '../../lambda/shared/constants';
import { SECRET } from '../receiver/builders';
import type { Faults } from './fault-proxy';
import { type Moto, startMoto } from './moto';

const TABLE = 'deduplication-table';
const BUCKET = 'overflow';

/** What tests of the receiver and the redrive share: an empty account for each test, and what the functions log. */
export interface ReceiverSetup {
  readonly moto: Moto;
  readonly parts: ReceiverParts;
  readonly logged: string[];
}

/** Registers jest's hooks. The setup is complete when a test begins. */
export function setUpReceiver(): ReceiverSetup {
  const setup = { logged: [] } as unknown as { -readonly [Key in keyof ReceiverSetup]: ReceiverSetup[Key] };
  beforeAll(async () => {
    setup.moto = await startMoto();
  });
  beforeEach(async () => {
    setup.logged.length = 0;
    for (const level of ['log', 'info', 'warn', 'error'] as const) {
      jest.spyOn(console, level).mockImplementation((...args: unknown[]) => void setup.logged.push(args.join(' ')));
    }
    setup.parts = await ReceiverParts.make(setup.moto);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });
  afterAll(() => setup.moto?.stop());
  return setup;
}

/** All calls whose names begin like one of these fail, as in an outage. */
export function failing(...calls: string[]): Faults {
  return (call) => (calls.some((name) => call.startsWith(name)) ? { code: 'InternalFailure', status: 500 } : undefined);
}

/** An event as it was sent to the bus. */
export interface SentEvent {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  readonly Time: number;
}

/** The resources around the receiver and the redrive, and what a test reads and does there. */
export class ReceiverParts {
  readonly #secrets: SecretsManagerClient;
  readonly #sqs: SQSClient;
  readonly #dynamo: DynamoDBClient;
  readonly #s3: S3Client;
  #secretArn = '';
  #queueUrl = '';

  private constructor(private readonly moto: Moto) {
    this.#secrets = new SecretsManagerClient(moto.direct);
    this.#sqs = new SQSClient(moto.direct);
    this.#dynamo = new DynamoDBClient(moto.direct);
    this.#s3 = new S3Client({ ...moto.direct, forcePathStyle: true });
  }

  /** Empties the account, creates the resources, and sets the environment of the functions. */
  static async make(moto: Moto): Promise<ReceiverParts> {
    await moto.reset();
    const parts = new ReceiverParts(moto);
    await parts.#make();
    return parts;
  }

  async #make(): Promise<void> {
    const { ARN = '' } = await this.#secrets.send(new CreateSecretCommand({ Name: 'secret', SecretString: SECRET }));
    const { QueueUrl = '' } = await this.#sqs.send(new CreateQueueCommand({ QueueName: 'overflow' }));
    await new EventBridgeClient(this.moto.direct).send(new CreateEventBusCommand({ Name: 'notifications' }));
    await this.#s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const id = 'id';
    await this.#dynamo.send(
      new CreateTableCommand({
        TableName: TABLE,
        KeySchema: [{ AttributeName: id, KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: id, AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    this.#secretArn = ARN;
    this.#queueUrl = QueueUrl;
    Object.assign(process.env, {
      [Env.owner]: 'Test',
      [Env.clientSecretArn]: ARN,
      [Env.eventBusName]: 'notifications',
      [Env.deduplicationTable]: TABLE,
      [Env.overflowQueueUrl]: QueueUrl,
      [Env.overflowBucket]: BUCKET,
    });
  }

  /** The current version becomes the previous one. */
  async putSecret(SecretString: string): Promise<void> {
    await this.#secrets.send(new PutSecretValueCommand({ SecretId: this.#secretArn, SecretString }));
  }

  /** All events that EventBridge accepted, in order. */
  published(): SentEvent[] {
    const puts = this.moto.proxy.passed.filter(({ call }) => call === 'PutEvents');
    return puts.flatMap(({ body }) => JSON.parse(body).Entries as SentEvent[]);
  }

  publishedIds(): string[] {
    return this.published().map(({ Detail }) => JSON.parse(Detail).id);
  }

  /** How many messages are in the queue, those that a reader has taken included. */
  async waiting(): Promise<number> {
    const { Attributes } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.#queueUrl, AttributeNames: ['All'] }),
    );
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: taken } = Attributes ?? {};
    return Number(visible) + Number(taken);
  }

  /** The messages in the queue. Nobody else can take them afterwards. */
  async overflowed(): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#queueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
          VisibilityTimeout: 43_200,
        }),
      );
      if (Messages.length === 0) return messages;
      messages.push(...Messages);
    }
  }

  /** A batch of messages, hidden from other readers until it is deleted. */
  async take(): Promise<Message[]> {
    const input = { QueueUrl: this.#queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
    const { Messages = [] } = await this.#sqs.send(new ReceiveMessageCommand(input));
    return Messages;
  }

  async delete(messages: readonly Message[]): Promise<void> {
    for (const { ReceiptHandle } of messages) {
      await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.#queueUrl, ReceiptHandle }));
    }
  }

  async putMessage(MessageBody: string): Promise<void> {
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody }));
  }

  /** The texts of all stored notifications. */
  async stored(): Promise<Map<string, string>> {
    const { Contents = [] } = await this.#s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    const texts = Contents.map(async ({ Key = '' }) => {
      const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      return [Key, (await Body?.transformToString()) ?? ''] as const;
    });
    return new Map(await Promise.all(texts));
  }

  /** Writes an item as another instance of the receiver would. */
  async putSeen(id: string, phase: string, claimedUntil: number, expiresAt: number): Promise<void> {
    const Item = {
      id: { S: id },
      phase: { S: phase },
      claimedBy: { S: 'another instance' },
      claimedUntil: { N: String(claimedUntil) },
      expiresAt: { N: String(expiresAt) },
    };
    await this.#dynamo.send(new PutItemCommand({ TableName: TABLE, Item }));
  }

  /** Which instance claimed an id last. */
  async claimedBy(id: string): Promise<string | undefined> {
    const { Item } = await this.#dynamo.send(new GetItemCommand({ TableName: TABLE, Key: { id: { S: id } } }));
    return Item?.claimedBy?.S;
  }
}
