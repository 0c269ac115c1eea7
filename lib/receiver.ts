import { Duration } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { Env } from '../lambda/shared/names';
import { acknowledge } from './acknowledge';
import { BundledFunction, FunctionLogs } from './bundled-function';

export interface ReceiverProps {
  /** Names the event bus `{name}-notifications`. */
  readonly name: string;
}

/** The function behind the webhook, Intercom's client secret that it checks with, and the bus that it publishes to. */
export class Receiver extends Construct {
  readonly function: IFunction;
  readonly logGroup: ILogGroup;
  readonly bus: EventBus;
  readonly clientSecret: Secret;

  constructor(scope: Construct, id: string, { name }: ReceiverProps) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { eventBusName: `${name}-notifications` });
    this.clientSecret = new Secret(this, 'ClientSecret', {
      description:
        "Client secret of the Intercom app whose webhooks are received. Random until the operator puts Intercom's in",
      generateSecretString: { passwordLength: 40, excludePunctuation: true },
    });
    acknowledge(this.clientSecret, {
      SMG4: "Intercom issues the secret and rotates it in its Developer Hub: AWS can't",
    });
    this.logGroup = new FunctionLogs(this, 'Logs', RetentionDays.ONE_MONTH);
    const handler = new BundledFunction(this, 'Function', {
      folder: 'receiver',
      description: 'Checks the signature of Intercom webhooks and puts them on the event bus',
      // Intercom waits 5 seconds: what has not answered by then is retried, so let the gateway say so in time.
      timeout: Duration.seconds(4),
      logGroup: this.logGroup,
      environment: {
        [Env.clientSecretArn]: this.clientSecret.secretArn,
        [Env.eventBusName]: this.bus.eventBusName,
      },
    });
    this.clientSecret.grantRead(handler);
    this.bus.grantPutEventsTo(handler);
    this.function = handler;
  }
}
