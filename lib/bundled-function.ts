import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundleOf, type FunctionName } from './functions';

export interface BundledFunctionProps {
  /** Name of the bundle. */
  readonly bundle: FunctionName;
  /** Name of the exported function. @default handler */
  readonly handler?: string;
  readonly description: string;
  readonly timeout: Duration;
  /** MB. @default 512 */
  readonly memorySize?: number;
  readonly environment?: Record<string, string>;
  readonly logGroup: ILogGroup;
  /** Execution role. @default - a new role with permission to write to the log group only */
  readonly role?: IRole;
}

/** A Lambda function of this library: Node.js 24 on arm64, one minified file with the AWS SDK, and an explicit log group. */
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

  /** Allows the actions on one resource. */
  allow(resource: string, ...actions: string[]): void {
    this.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
  }
}

/** An execution role with permission to write to one log group only. */
export class FunctionRole extends Role {
  constructor(scope: Construct, id: string, logGroup: ILogGroup) {
    super(scope, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this);
  }
}

/** A log group that is deleted with the stack. */
export class FunctionLogs extends LogGroup {
  constructor(scope: Construct, id: string, retention: RetentionDays) {
    super(scope, id, { retention, removalPolicy: RemovalPolicy.DESTROY });
  }
}
