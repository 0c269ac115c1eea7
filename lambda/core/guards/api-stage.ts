import type { ApiStageGuard } from '../../shared/guards';
import { assessmentOf, type GuardAssessment } from './assessment';

/** A REST API as API Gateway describes it. */
export interface ApiFacts {
  /** Undefined if there is no such API. */
  readonly api:
    | {
        readonly endpointTypes: readonly string[];
        /** The resource policy as JSON. */
        readonly policy: string | undefined;
        /** Whether the host name of the API is switched off. */
        readonly endpointDisabled: boolean;
      }
    | undefined;
  /** All stages of the API that are deployed. */
  readonly stages: readonly StageFacts[];
}

/** A stage of a REST API. */
export interface StageFacts {
  readonly name: string;
  /** ARN of the web ACL in front of it. */
  readonly webAcl: string | undefined;
}

const LOST = 'so every notification fails';

/** Assesses whether the API is there, and whether only those can call it who may. */
export function assessApiStage({ id, vpcEndpoint }: ApiStageGuard, { api, stages }: ApiFacts): GuardAssessment {
  const [apiId, stage] = id.split('/');
  if (!api) return assessmentOf([`API ${apiId} does not exist, ${LOST}. Destroy the stack and deploy it again`]);
  const missing = stages.some(({ name }) => name === stage)
    ? undefined
    : `Stage ${stage} of API ${apiId} does not exist, ${LOST}. Deploy the API to that stage again`;
  const disabled = api.endpointDisabled
    ? `The default endpoint of API ${apiId} is disabled, ${LOST}. Enable it`
    : undefined;
  const isPrivate = api.endpointTypes.length > 0 && api.endpointTypes.every((type) => type === 'PRIVATE');
  if (vpcEndpoint === undefined)
    return assessmentOf(
      [missing, disabled, privateProblem(apiId, isPrivate), ...otherStages(`${stage}`, stages).map(stageProblem)],
      policyNotes(api),
    );
  const open = isPrivate
    ? undefined
    : `API ${apiId} is ${api.endpointTypes.join(', ') || 'public'} instead of PRIVATE, so it can be called past the load balancer ` +
      'and its web ACL. Set its endpoint type to PRIVATE';
  return assessmentOf([missing, disabled, open, policyProblem(api.policy, vpcEndpoint)]);
}

function privateProblem(apiId: string | undefined, isPrivate: boolean): string | undefined {
  return isPrivate
    ? `API ${apiId} is PRIVATE, so nobody on the internet reaches it. Set its endpoint type to REGIONAL`
    : undefined;
}

/** A web ACL is in front of one stage. Another one of the same API invokes the same receiver. */
function otherStages(own: string, stages: readonly StageFacts[]): StageFacts[] {
  return stages.filter(({ name, webAcl }) => name !== own && webAcl === undefined);
}

function stageProblem({ name }: StageFacts): string {
  return (
    `No web ACL is in front of stage ${name} of the API, so every request to it is allowed and reaches the receiver. Delete the stage, ` +
    'or associate the web ACL of the stack with it'
  );
}

function policyNotes({ policy }: NonNullable<ApiFacts['api']>): string[] {
  return policy ? ['The API has a resource policy, which can deny requests that the web ACL allows'] : [];
}

/** Nobody but the load balancer's interface endpoint may call a private API. */
function policyProblem(policy: string | undefined, vpcEndpoint: string): string | undefined {
  const next = `Change the resource policy to allow execute-api:Invoke only where aws:SourceVpce is ${vpcEndpoint}, and deploy the API`;
  const allows = statementsOf(policy).filter(({ Effect }) => Effect === 'Allow');
  if (allows.length === 0) return `The resource policy of the API allows nobody, ${LOST}. ${next}`;
  if (allows.every((statement) => isBoundTo(statement, vpcEndpoint))) return undefined;
  return `The resource policy of the API allows more than interface endpoint ${vpcEndpoint}, so it can be called past the web ACL. ${next}`;
}

interface Statement {
  readonly Effect?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** API Gateway answers a policy as the inside of a JSON string, with its quotes escaped. */
function statementsOf(policy = ''): Statement[] {
  try {
    const { Statement: statements = [] } = JSON.parse(policy.includes('\\"') ? JSON.parse(`"${policy}"`) : policy);
    return [statements].flat();
  } catch {
    return [];
  }
}

function isBoundTo({ Condition = {} }: Statement, vpcEndpoint: string): boolean {
  const [, values] =
    Object.entries(Condition.StringEquals ?? {}).find(([key]) => key.toLowerCase() === 'aws:sourcevpce') ?? [];
  const endpoints = [values ?? []].flat();
  return endpoints.length > 0 && endpoints.every((endpoint) => endpoint === vpcEndpoint);
}
