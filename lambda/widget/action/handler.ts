import { LambdaClient } from '@aws-sdk/client-lambda';
import type { Context } from 'aws-lambda';
import { Env } from '../../shared/constants';
import { required } from '../../shared/environment';
import { readWidgetRequest } from '../context';
import { invokeSync } from './invoke';
import { readAction } from './request';
import { resultPage } from './result';

/** Longer than the longest run. */
const lambda = new LambdaClient({
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 310_000, throwOnRequestTimeout: true },
});
const syncFunction = required(process.env, Env.syncFunction);

/** Serves the buttons of the widget: invokes the sync function, and returns its result as HTML. */
export async function handler(event: unknown, { invokedFunctionArn }: Context): Promise<string> {
  const action = readAction(event);
  const { context, viewer } = readWidgetRequest(event);
  const answer =
    'error' in action
      ? action
      : await invokeSync(lambda, syncFunction, { ...action.payload, ...(viewer && { by: viewer }) });
  return resultPage(answer, context, invokedFunctionArn).toString();
}
