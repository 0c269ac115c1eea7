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
  /** Whose state and log are shown, and whose function the buttons invoke. */
  readonly sync: AllowlistSync;
}

/**
 * The custom widget: a function that shows and can only read, and one behind its buttons that can only invoke the sync. Two,
 * because CloudWatch calls each with the viewer's own permissions: who may look may not thereby approve.
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
      description: "Does what the buttons of the dashboard's widget say, by the sync function",
      // A little longer than the sync, so that its answer is waited for.
      timeout: sync.timeout.plus(Duration.seconds(15)),
      logGroup,
      environment: { [Env.syncFunction]: sync.function.functionArn },
    });
    this.actionFunction.addToRolePolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [sync.function.functionArn] }),
    );
    this.function = new BundledFunction(this, 'Function', {
      bundle: 'widget',
      description: 'Shows the allowlist on the dashboard, and only reads',
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

  /** The widget for a dashboard, in the grid's units. */
  widget(size: { readonly width: number; readonly height: number }): IWidget {
    return new CustomWidget({
      title: `Intercom allowlist of ${Stack.of(this).stackName}`,
      functionArn: this.function.functionArn,
      updateOnTimeRangeChange: false,
      ...size,
    });
  }
}
