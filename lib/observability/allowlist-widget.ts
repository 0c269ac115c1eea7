import { Duration, Stack } from 'aws-cdk-lib';
import { CustomWidget, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Env } from '../../lambda/shared/constants';
import { BundledFunction, FunctionLogs } from '../bundled-function';
import type { Config } from '../config';
import type { AllowlistSync } from '../sync/allowlist-sync';

export interface AllowlistWidgetProps {
  readonly config: Config;
  /** The sync whose state and log the widget shows, and which its buttons invoke. */
  readonly sync: AllowlistSync;
}

/**
 * The custom widget: a function that renders it and can only read, and a function for its buttons that can only invoke the sync. They
 * are separate because CloudWatch invokes each with the permissions of the viewer: permission to view does not imply permission to
 * approve.
 */
export class AllowlistWidget extends Construct {
  /** Renders the dashboard widget. Grant `lambda:InvokeFunction` on it to let someone view it. */
  readonly function: IFunction;
  /** Handles the widget's buttons. Grant `lambda:InvokeFunction` on it to let someone plan, sync and approve. */
  readonly actionFunction: IFunction;

  constructor(scope: Construct, id: string, { config, sync }: AllowlistWidgetProps) {
    super(scope, id);
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
        [Env.intercomRegions]: config.intercomRegions.join(),
        [Env.removalGraceHours]: String(config.removalGraceHours),
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

  /** The widget for a dashboard, with its size in units of the grid. */
  widget(size: { readonly width: number; readonly height: number }): IWidget {
    return new CustomWidget({
      title: `Intercom allowlist of ${Stack.of(this).stackName}`,
      functionArn: this.function.functionArn,
      updateOnTimeRangeChange: false,
      ...size,
    });
  }
}
