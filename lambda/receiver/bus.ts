import { type EventBridgeClient, PutEventsCommand, type PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE } from '../shared/constants';
import { messageWithCode } from '../shared/errors';
import type { Deadline } from './deadline';

/** An event to publish. */
export interface BusEvent {
  /** The topic of the notification. */
  readonly detailType: string;
  /** JSON. */
  readonly detail: string;
  readonly time: Date;
}

/** EventBridge accepts less than 1 MB per call: the sum of time (14 bytes), source, detail-type and detail in UTF-8. */
export const ENTRIES_LIMIT_BYTES = 1024 * 1024;
const TIME_BYTES = 14;

/** Thrown when EventBridge did not accept an event. */
export class PublishError extends Error {
  override readonly name = 'PublishError';

  constructor(
    message: string,
    /** EventBridge rejected what was sent, so that sending the same again makes no sense. */
    readonly rejected: boolean,
    /** It did so because of the event itself: its size, of which some Regions accept less than 1 MB, or its JSON. */
    readonly unpublishable: boolean,
    options?: ErrorOptions,
  ) {
    super(`PutEvents: ${message}`, options);
  }
}

/** Bytes of an event as EventBridge counts them. */
export function eventBytes({ detailType, detail }: Pick<BusEvent, 'detailType' | 'detail'>): number {
  return [EVENT_SOURCE, detailType, detail].reduce((sum, part) => sum + Buffer.byteLength(part), TIME_BYTES);
}

export function fitsBus(event: Pick<BusEvent, 'detailType' | 'detail'>): boolean {
  return eventBytes(event) < ENTRIES_LIMIT_BYTES;
}

/** The event bus that notifications are published on. */
export class Bus {
  constructor(
    private readonly eventBridge: EventBridgeClient,
    private readonly name: string,
  ) {}

  /** The event is durable when this returns. @throws PublishError */
  async publish(event: BusEvent, deadline: Deadline): Promise<void> {
    const [error] = await this.publishAll([event], deadline);
    if (error) throw error;
  }

  /**
   * Never hedged: if both calls succeeded, consumers would get the events twice.
   *
   * @param events at most 10, of less than 1 MB together
   * @returns for each event, in order, why EventBridge did not accept it; undefined if it did
   * @throws PublishError when EventBridge accepted none
   */
  async publishAll(events: readonly BusEvent[], deadline: Deadline): Promise<(PublishError | undefined)[]> {
    const Entries = events.map(({ detailType, detail, time }) => ({
      EventBusName: this.name,
      Source: EVENT_SOURCE,
      DetailType: detailType,
      Detail: detail,
      Time: time,
    }));
    const command = new PutEventsCommand({ Entries });
    try {
      const answer = await deadline.call((abortSignal) => this.eventBridge.send(command, { abortSignal }));
      return events.map((_event, index) => errorIn(answer.Entries?.[index]));
    } catch (error) {
      throw new PublishError(messageWithCode(error), isRejection(error), isUnpublishable(error), { cause: error });
    }
  }
}

function errorIn(entry: PutEventsResultEntry | undefined): PublishError | undefined {
  if (entry?.EventId !== undefined) return undefined;
  const { ErrorCode = 'NoAnswer', ErrorMessage = '' } = entry ?? {};
  return new PublishError(`${ErrorCode}: ${ErrorMessage}`, true, UNPUBLISHABLE_CODES.has(ErrorCode));
}

/**
 * EventBridge documents no code for an event over the limit. In practice it is ValidationException, "Total size of the entries in
 * the request is over the limit"; other services use the RequestEntity codes, or status 413. The last two are those of an entry whose
 * detail EventBridge does not take (API reference, PutEventsResultEntry), such as JSON with an integer of more than 64 bits.
 */
const UNPUBLISHABLE_CODES: ReadonlySet<string> = new Set([
  'ValidationException',
  'RequestEntityTooLarge',
  'RequestEntityTooLargeException',
  'MalformedDetail',
  'InvalidArgument',
]);

function isUnpublishable(error: unknown): boolean {
  return UNPUBLISHABLE_CODES.has((error as Error).name) || statusOf(error) === 413;
}

/** Throttling passes, and a call that was not answered may have taken effect: neither is a rejection. */
function isRejection(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return status >= 400 && status < 500 && status !== 429 && !/throttl/i.test((error as Error).name);
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
