import { AwsCallError, type AwsCalls } from '../shared/aws/aws';
import { EVENT_SOURCE } from '../shared/names';

/** What goes on the bus. */
export interface BusEvent {
  /** The topic of the notification. */
  readonly detailType: string;
  /** JSON. */
  readonly detail: string;
  readonly time: Date;
}

/** EventBridge takes at most 1 MB a call: the sum of time (14 bytes), source, detail-type and detail in UTF-8. */
export const MAX_ENTRIES_BYTES = 1024 * 1024;
/** And at most so many events a call. */
export const MAX_ENTRIES = 10;
const TIME_BYTES = 14;
const PUBLISH_WITHIN_MS = 900;

/** What EventBridge said of one event: undefined if it is on the bus. */
export type Refusal = AwsCallError | undefined;

/** Bytes of an event as EventBridge counts them. */
export function sizeOf({ detailType, detail }: Pick<BusEvent, 'detailType' | 'detail'>): number {
  return [EVENT_SOURCE, detailType, detail].reduce((sum, part) => sum + Buffer.byteLength(part), TIME_BYTES);
}

export function fitsBus(event: Pick<BusEvent, 'detailType' | 'detail'>): boolean {
  return sizeOf(event) <= MAX_ENTRIES_BYTES;
}

/** The event bus that notifications arrive on. */
export class Bus {
  constructor(
    private readonly aws: AwsCalls,
    private readonly name: string,
  ) {}

  /** The event is durable when this returns. @throws AwsCallError when EventBridge did not take it */
  async publish(event: BusEvent): Promise<void> {
    const [refusal] = await this.publishAll([event]);
    if (refusal) throw refusal;
  }

  /**
   * @param events at most 10, of at most 1 MB together
   * @returns one a event, in their order
   * @throws AwsCallError when EventBridge took none
   */
  async publishAll(events: readonly BusEvent[]): Promise<Refusal[]> {
    const Entries = events.map(({ detailType, detail, time }) => ({
      EventBusName: this.name,
      Source: EVENT_SOURCE,
      DetailType: detailType,
      Detail: detail,
      Time: time.getTime() / 1000,
    }));
    const answer = await this.aws.call<PutEventsAnswer>('events', 'PutEvents', { Entries }, PUBLISH_WITHIN_MS);
    return events.map((_event, index) => refusalIn(answer.Entries?.[index]));
  }
}

interface PutEventsAnswer {
  readonly Entries?: readonly {
    readonly EventId?: string;
    readonly ErrorCode?: string;
    readonly ErrorMessage?: string;
  }[];
}

function refusalIn(entry: NonNullable<PutEventsAnswer['Entries']>[number] | undefined): Refusal {
  if (entry?.EventId !== undefined) return undefined;
  return new AwsCallError('events PutEvents', entry?.ErrorCode ?? 'NoAnswer', entry?.ErrorMessage ?? '', 200);
}
