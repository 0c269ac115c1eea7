import { createHash } from 'node:crypto';
import { type BusEvent, fitsBus } from './bus';
import type { Deadline } from './deadline';
import { eventOf } from './event';
import type { Notification } from './notification';
import { fitsQueue, type OverflowMessage, writeMessage } from './overflow-message';
import { storedDetail } from './stored-notification';

/**
 * Stores notifications that could not be published, as events in a queue. One that cannot be an event goes into
 * a bucket, and its event references it. Each client is loaded when it is first needed.
 */
export class OverflowStore {
  constructor(
    private readonly queueUrl: string,
    private readonly bucket: string,
  ) {}

  /**
   * The notification is durable when this returns.
   *
   * @param unpublishable EventBridge rejected the event itself, for its size or its JSON
   * @throws Error when AWS does not accept it in time
   */
  async put(notification: Notification, deadline: Deadline, unpublishable = false): Promise<void> {
    const receivedAt = Date.now();
    const event = eventOf(notification, receivedAt);
    const write = (of: BusEvent) => writeMessage({ event: of, id: notification.id, receivedAt });
    const whole = write(event);
    const fits = !unpublishable && fitsBus(event) && fitsQueue(whole);
    if (fits && (await this.#sent(whole, deadline))) return;
    await this.#send(write(await this.store(notification, event.time, deadline)), deadline);
  }

  /**
   * Puts a notification into the bucket. Doing so again overwrites the object: its key is made of the content.
   *
   * @returns an event that references it
   * @throws Error when AWS does not accept it in time
   */
  async store(notification: Notification, time: Date, deadline: Deadline): Promise<BusEvent> {
    const { bucket } = this;
    const key = `${time.toISOString().slice(0, 10)}/${createHash('sha256').update(notification.text).digest('hex')}.json`;
    const { putJson } = await import('./overflow-bucket');
    await putJson(bucket, key, notification.text, deadline);
    const detail = storedDetail(notification, { bucket, key, bytes: Buffer.byteLength(notification.text) });
    return { detailType: notification.topic, detail, time };
  }

  /** @returns whether SQS accepts a message of this size. Its limit differs by Region, too. */
  async #sent(message: OverflowMessage, deadline: Deadline): Promise<boolean> {
    try {
      await this.#send(message, deadline);
      return true;
    } catch (error) {
      if (error instanceof Error && /^(InvalidParameterValue|RequestEntityTooLarge)/.test(error.name)) return false;
      throw error;
    }
  }

  async #send(message: OverflowMessage, deadline: Deadline): Promise<void> {
    const { sendMessage } = await import('./overflow-queue');
    await sendMessage(this.queueUrl, message, deadline);
  }
}
