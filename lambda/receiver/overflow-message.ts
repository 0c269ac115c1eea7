import * as v from 'valibot';
import type { BusEvent } from './bus';

/** The content of a message in the overflow queue: an event to publish. */
export interface Overflowed {
  readonly event: BusEvent;
  /** Of the notification; undefined if there is none to detect duplicates by. */
  readonly id: string | undefined;
  /** When the receiver got it, in Unix milliseconds. */
  readonly receivedAt: number;
}

interface Attribute {
  readonly DataType: 'String' | 'Number';
  readonly StringValue: string;
}

/** A message as SQS expects it. The body is the detail of the event. */
export interface OverflowMessage {
  readonly MessageBody: string;
  readonly MessageAttributes: Record<string, Attribute>;
}

/** SQS accepts at most 1 MiB per message, including names, types and values of its attributes. */
const MAX_BYTES = 1024 * 1024;
/** The two characters that JSON may contain and SQS rejects. JSON escapes all others that SQS rejects. */
const REJECTED_CHARACTERS = /[\uFFFE\uFFFF]/;

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
 * @param record a message as Lambda passes it to the function
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
  return bytes <= MAX_BYTES && !REJECTED_CHARACTERS.test(MessageBody);
}

function text(StringValue: string): Attribute {
  return { DataType: 'String', StringValue };
}

function number(value: number): Attribute {
  return { DataType: 'Number', StringValue: String(value) };
}
