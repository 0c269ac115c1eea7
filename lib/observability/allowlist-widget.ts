import { Duration } from 'aws-cdk-lib';
import { CustomWidget, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { type Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Env } from '../../lambda/shared/constants';
import { BundledFunction, FunctionLogs } from '../bundled-function';
import type { AllowlistSync } from '../sync/allowlist-sync';

/** Properties of `AllowlistWidget`. */
export interface AllowlistWidgetProps {
  /** The sync whose state and log the widget shows, and which its buttons invoke. */
  readonly sync: AllowlistSync;
}

/** Size of the widget, in units of the dashboard's grid. */
export interface AllowlistWidgetOptions {
  /** Width, at most 24. @default 24 */
  readonly width?: number | undefined;
  /** Height. @default 14 */
  readonly height?: number | undefined;
}

/**
 * The custom widget: a function that renders it and can only read, and a function for its buttons that can only invoke the sync. They
 * are separate because CloudWatch invokes each with the permissions of the viewer: permission to view does not imply permission to
 * approve.
 */
export class AllowlistWidget extends Construct {
  /** Renders the dashboard widget. Grant `lambda:InvokeFunction` on it to let someone view it. */
  public readonly function: IFunction;
  /** Handles the widget's buttons. Grant `lambda:InvokeFunction` on it to let someone plan, sync, approve and decline. */
  public readonly actionFunction: IFunction;
  readonly #owner: string;

  constructor(scope: Construct, id: string, props: AllowlistWidgetProps) {
    super(scope, id);
    const { sync } = props;
    this.#owner = sync.owner;
    const logGroup = new FunctionLogs(this, 'Logs', RetentionDays.ONE_MONTH);
    this.actionFunction = new BundledFunction(this, 'Action', {
      bundle: 'widget-action',
      description: 'Handles the buttons of the dashboard widget by invoking the sync function',
      // A little longer than the sync, so that it can wait for the answer.
      timeout: sync.timeout.plus(Duration.seconds(15)),
      logGroup,
      environment: { [Env.syncFunction]: sync.function.functionArn },
    });
    this.actionFunction.addToRolePolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [sync.function.functionArn] }),
    );
    this.function = new BundledFunction(this, 'Function', {
      bundle: 'widget',
      description: 'Renders the allowlist on the dashboard, with read permissions only',
      timeout: Duration.seconds(10),
      logGroup,
      environment: {
        [Env.intercomRegions]: sync.intercomRegions.join(),
        [Env.removalGraceHours]: String(sync.removalGrace.toHours({ integral: false })),
        [Env.stateTable]: sync.stateTable.tableName,
        [Env.syncLogGroup]: sync.logGroup.logGroupName,
        [Env.widgetActions]: this.actionFunction.functionArn,
      },
    });
    for (const statement of [
      new PolicyStatement({ actions: ['dynamodb:Scan'], resources: [sync.stateTable.tableArn] }),
      new PolicyStatement({ actions: ['logs:FilterLogEvents'], resources: [sync.logGroup.logGroupArn] }),
    ]) {
      this.function.addToRolePolicy(statement);
    }
  }

  /** Allows the grantee to view the widget. */
  public grantView(grantee: IGrantable): Grant {
    return this.function.grantInvoke(grantee);
  }

  /** Allows the grantee to use the buttons of the widget: to plan, sync, approve and decline. */
  public grantActions(grantee: IGrantable): Grant {
    return this.actionFunction.grantInvoke(grantee);
  }

  /** The widget for a dashboard. */
  public widget(options: AllowlistWidgetOptions = {}): IWidget {
    const { width = 24, height = 14 } = options;
    return new CustomWidget({
      title: `Intercom allowlist of ${this.#owner}`,
      functionArn: this.function.functionArn,
      updateOnTimeRangeChange: false,
      width,
      height,
    });
  }
}
