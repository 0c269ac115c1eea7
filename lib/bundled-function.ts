import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundleOf, type FunctionName } from './functions';

export interface BundledFunctionProps {
  readonly bundle: FunctionName;
  /** Function that the bundle exports. @default handler */
  readonly handler?: string;
  readonly description: string;
  readonly timeout: Duration;
  /** MB. @default 512 */
  readonly memorySize?: number;
  readonly environment?: Record<string, string>;
  readonly logGroup: ILogGroup;
  /** @default - a new role that may write to the log group and nothing else */
  readonly role?: IRole;
}

/** A Lambda function of this project: current Node.js on arm64, one minified file with the SDK in it, its own log group. */
export class BundledFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    const { bundle, handler = 'handler', role, logGroup, ...rest } = props;
    super(scope, id, {
      memorySize: 512,
      ...rest,
      code: Code.fromAsset(bundleOf(bundle)),
      handler: `index.${handler}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      role: role ?? new FunctionRole(scope, `${id}Role`, logGroup),
      logGroup,
    });
  }

  /** Allows these actions on one resource only. */
  allow(resource: string, ...actions: string[]): void {
    this.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
  }
}

/** A role for a Lambda function, with permission to write to one log group only. */
export class FunctionRole extends Role {
  constructor(scope: Construct, id: string, logGroup: ILogGroup) {
    super(scope, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this);
  }
}

/** A log group that goes when the stack goes. */
export class FunctionLogs extends LogGroup {
  constructor(scope: Construct, id: string, retention: RetentionDays) {
    super(scope, id, { retention, removalPolicy: RemovalPolicy.DESTROY });
  }
}
