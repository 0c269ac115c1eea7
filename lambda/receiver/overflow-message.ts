import * as v from 'valibot';
import type { BusEvent } from './bus';

/** What waits in the overflow queue: an event that is to go on the bus. */
export interface Overflowed {
  readonly event: BusEvent;
  /** Of the notification; undefined where there is none to tell duplicates by. */
  readonly id: string | undefined;
  /** Unix milliseconds: when the receiver had it. */
  readonly receivedAt: number;
}

interface Attribute {
  readonly DataType: 'String' | 'Number';
  readonly StringValue: string;
}

/** A message as SQS takes it. The body is the detail of the event. */
export interface OverflowMessage {
  readonly MessageBody: string;
  readonly MessageAttributes: Record<string, Attribute>;
}

/** SQS takes at most 1 MiB per message, its attributes' names, types and values with it. */
const MAX_BYTES = 1024 * 1024;
/** The two characters that JSON may hold and SQS refuses. All others that SQS refuses JSON writes as escapes. */
const AWAITING_APPROVAL = /[\uFFFE\uFFFF]/;

const Text = v.object({ stringValue: v.string() });
const Message = v.object({
  body: v.string(),
  messageAttributes: v.object({ topic: Text, id: v.optional(Text), time: Text, receivedAt: Text }),
});

export function writeMessage({ event, id, receivedAt }: Overflowed): OverflowMessage {
  return {
    MessageBody: event.detail,
    MessageAttributes: {
      topic: text(event.detailType),
      ...(id === undefined ? {} : { id: text(id) }),
      time: number(event.time.getTime()),
      receivedAt: number(receivedAt),
    },
  };
}

/**
 * @param record as Lambda hands a message of a queue over
 * @returns undefined for a message that the receiver did not write
 */
export function readMessage(record: unknown): Overflowed | undefined {
  const { success, output } = v.safeParse(Message, record);
  if (!success) return undefined;
  const { topic, id, time, receivedAt } = output.messageAttributes;
  return {
    event: { detailType: topic.stringValue, detail: output.body, time: new Date(Number(time.stringValue)) },
    id: id?.stringValue,
    receivedAt: Number(receivedAt.stringValue),
  };
}

export function fitsQueue({ MessageBody, MessageAttributes }: OverflowMessage): boolean {
  const attributes = Object.entries(MessageAttributes).flatMap(([name, value]) => [name, ...Object.values(value)]);
  const bytes = [MessageBody, ...attributes].reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  return bytes <= MAX_BYTES && !AWAITING_APPROVAL.test(MessageBody);
}

function text(StringValue: string): Attribute {
  return { DataType: 'String', StringValue };
}

function number(value: number): Attribute {
  return { DataType: 'Number', StringValue: String(value) };
}
