import * as v from 'valibot';
import { PLAN_ID } from '../../core/plan/approval';

/** The payload for the sync function, or why the event is invalid. */
export type Action = { readonly payload: object } | { readonly error: string };

const Payload = v.union([
  v.strictObject({ mode: v.picklist(['apply', 'plan']) }),
  v.strictObject({ approve: v.pipe(v.string(), v.regex(PLAN_ID)) }),
  v.strictObject({ decline: v.pipe(v.string(), v.regex(PLAN_ID)) }),
]);
/** CloudWatch adds its own fields to the parameters of a button. */
const Event = v.looseObject({ widgetContext: v.optional(v.unknown()) });

/** An event without parameters does nothing: if this function is put on a dashboard, it must not sync at every refresh. */
export function readAction(event: unknown): Action {
  const { widgetContext: _, ...payload } = v.parse(v.fallback(Event, {}), event);
  if (v.is(Payload, payload)) return { payload };
  return {
    error:
      'Nothing was done: this function serves the buttons of the widget, and accepts {"mode":"plan"}, {"mode":"apply"}, ' +
      '{"approve":"<planId>"} or {"decline":"<planId>"}. To show the widget, put the function of the output WidgetFunctionName on the dashboard',
  };
}
