import { type Overflowed, readMessage } from '../receiver/overflow-message';
import type { AwsCalls } from '../shared/aws/aws';

/** What was taken from the queue, and is nobody else's for its visibility timeout. */
export interface Taken {
  /** Undefined for a message that the receiver did not write. */
  readonly overflowed: Overflowed | undefined;
  readonly receiptHandle: string;
}

/** SQS hands out at most so many messages a call, and takes so many in a batch. */
const MAX_BATCH = 10;
/** Asks all of SQS's servers, where a call that does not wait asks some. */
const WAIT_SECONDS = 1;
/** Ten messages of 1 MiB may come. */
const CALL_WITHIN_MS = 10_000;

interface ReceiveAnswer {
  readonly Messages?: readonly { readonly ReceiptHandle: string }[];
}

/** The reading end of the overflow. */
export class OverflowQueue {
  constructor(
    private readonly aws: AwsCalls,
    private readonly queueUrl: string,
  ) {}

  /** At most ten, in no order. None when there are none. @throws AwsCallError */
  async take(): Promise<Taken[]> {
    const input = { MaxNumberOfMessages: MAX_BATCH, WaitTimeSeconds: WAIT_SECONDS, MessageAttributeNames: ['All'] };
    const { Messages = [] } = await this.#call<ReceiveAnswer>('ReceiveMessage', input);
    return Messages.map((message) => ({ overflowed: readMessage(message), receiptHandle: message.ReceiptHandle }));
  }

  /** @throws AwsCallError */
  async delete(taken: readonly Taken[]): Promise<void> {
    await this.#inBatches('DeleteMessageBatch', taken, {});
  }

  /** The next run may take them at once. @throws AwsCallError */
  async giveBack(taken: readonly Taken[]): Promise<void> {
    await this.#inBatches('ChangeMessageVisibilityBatch', taken, { VisibilityTimeout: 0 });
  }

  async #inBatches(operation: string, taken: readonly Taken[], more: object): Promise<void> {
    for (let start = 0; start < taken.length; start += MAX_BATCH) {
      const batch = taken.slice(start, start + MAX_BATCH);
      const Entries = batch.map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        ...more,
      }));
      await this.#call(operation, { Entries });
    }
  }

  #call<Answer>(operation: string, input: object): Promise<Answer> {
    return this.aws.call('sqs', operation, { QueueUrl: this.queueUrl, ...input }, CALL_WITHIN_MS);
  }
}
