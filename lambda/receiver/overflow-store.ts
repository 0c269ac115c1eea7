import { randomUUID } from 'node:crypto';
import type { Aws } from '../shared/aws/aws';
import { type BusEvent, fitsBus } from './bus';
import { eventOf } from './event';
import type { Notification } from './notification';
import { fitsQueue, type OverflowMessage, writeMessage } from './overflow-message';
import { storedDetail } from './stored-notification';

const SEND_WITHIN_MS = 900;
const STORE_WITHIN_MS = 1000;

/**
 * Where notifications are kept that could not go on the bus: a queue of the events to be. A notification that is too large for
 * that goes into a bucket, and its event says where it is.
 */
export class OverflowStore {
  constructor(
    private readonly aws: Aws,
    private readonly queueUrl: string,
    private readonly bucket: string,
  ) {}

  /** The notification is durable when this returns. @throws AwsCallError */
  async put(notification: Notification): Promise<void> {
    const receivedAt = Date.now();
    const event = eventOf(notification, receivedAt);
    const write = (of: BusEvent) => writeMessage({ event: of, id: notification.id, receivedAt });
    const whole = write(event);
    const fits = fitsBus(event) && fitsQueue(whole);
    await this.#send(fits ? whole : write({ ...event, detail: await this.#store(notification, event.time) }));
  }

  async #send(message: OverflowMessage): Promise<void> {
    await this.aws.call('sqs', 'SendMessage', { QueueUrl: this.queueUrl, ...message }, SEND_WITHIN_MS);
  }

  /** @returns the detail that says where it is */
  async #store(notification: Notification, time: Date): Promise<string> {
    const key = `${time.toISOString().slice(0, 10)}/${randomUUID()}.json`;
    await this.aws.putObject(this.bucket, key, notification.text, STORE_WITHIN_MS);
    return storedDetail(notification, { bucket: this.bucket, key, bytes: Buffer.byteLength(notification.text) });
  }
}
