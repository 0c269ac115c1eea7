import * as v from 'valibot';

/** What CloudWatch says about the widget. A missing or invalid field has its default. */
export interface WidgetContext {
  /** @default light */
  readonly theme: 'light' | 'dark';
  /** Pixels. @default 1000 */
  readonly width: number;
  /** The dashboard's time zone, as an offset from UTC such as `+01:00`. @default +00:00 */
  readonly utcOffset: string;
}

export interface WidgetRequest {
  /** Whether CloudWatch asks for the documentation, by `{"describe":true}`. */
  readonly describe: boolean;
  readonly context: WidgetContext;
  /** Who looks, as far as CloudWatch says: the dashboard and the account, never the person. Undefined if it says neither. */
  readonly viewer: string | undefined;
}

const MIN_WIDTH = 280;
const MAX_WIDTH = 2400;

const Timezone = v.fallback(v.object({ offsetISO: v.pipe(v.string(), v.regex(/^[+-]([01]\d|2[0-3]):[0-5]\d$/)) }), {
  offsetISO: '+00:00',
});
const Context = v.object({
  theme: v.fallback(v.picklist(['light', 'dark']), 'light'),
  width: v.fallback(v.pipe(v.number(), v.finite(), v.toMinValue(MIN_WIDTH), v.toMaxValue(MAX_WIDTH)), 1000),
  timezone: Timezone,
  dashboardName: v.fallback(v.optional(v.string()), undefined),
  accountId: v.fallback(v.optional(v.string()), undefined),
});
const Event = v.object({
  describe: v.fallback(v.boolean(), false),
  widgetContext: v.fallback(Context, v.parse(Context, {})),
});

/** Reads the event of a call by CloudWatch (its user guide, "Details about custom widgets"). Never fails. */
export function readWidgetRequest(event: unknown): WidgetRequest {
  const { describe, widgetContext } = v.parse(v.fallback(Event, v.parse(Event, {})), event);
  const { theme, width, timezone, dashboardName, accountId } = widgetContext;
  const viewer = [
    ...(dashboardName ? [`dashboard ${dashboardName}`] : []),
    ...(accountId ? [`account ${accountId}`] : []),
  ].join(' in ');
  return { describe, context: { theme, width, utcOffset: timezone.offsetISO }, viewer: viewer || undefined };
}
