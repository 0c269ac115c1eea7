import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { AssetHashType, DockerImage, type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

const ROOT = join(__dirname, '..');

export interface BundledFunctionProps {
  /** Folder under `lambda/` that holds what is bundled. */
  readonly folder: string;
  /** Name of the file in it, without the extension. @default handler */
  readonly file?: string;
  /** Function that the file exports. @default handler */
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
    const { folder, file = 'handler', handler = 'handler', role, logGroup, ...rest } = props;
    super(scope, id, {
      memorySize: 512,
      ...rest,
      code: bundled(join(ROOT, 'lambda', folder, `${file}.ts`)),
      handler: `index.${handler}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      role: role ?? new FunctionRole(scope, `${id}Role`, logGroup),
      logGroup,
    });
  }

  /** Gives leave to do this to one resource, and to nothing else. */
  allow(resource: string, ...actions: string[]): void {
    this.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
  }
}

/** The runtime's own SDK moves under us; the bundled one is the one that was tested, and loads faster. */
function bundled(entry: string): Code {
  const tryBundle = (folder: string) => {
    execFileSync(process.execPath, [join(__dirname, 'bundle.mjs'), entry, join(folder, 'index.js')], {
      stdio: 'inherit',
    });
    return true;
  };
  return Code.fromAsset(ROOT, {
    assetHashType: AssetHashType.OUTPUT,
    // No image is ever used. The command tells one bundle from another: the CDK bundles what it knows already only once.
    bundling: { image: DockerImage.fromRegistry('none'), command: [entry], local: { tryBundle } },
  });
}

/** A role that a Lambda function may take, with leave to write to one log group and nothing else. */
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
