import { GetIPSetCommand, GetWebACLCommand, type Rule, type Statement, WAFV2Client } from '@aws-sdk/client-wafv2';
import { clientConfig } from '../../dev/closed-environment';
import { parseRange } from '../../lambda/core/ranges/range';
import { coverage } from '../../lambda/core/ranges/range-set';

export interface PlayedRequest {
  /** Source address. */
  readonly ip: string;
  readonly userAgent?: string;
}

/** What a web ACL does with a request: the action in the end, and the rules that only counted it. */
export interface PlayedAnswer {
  readonly action: 'ALLOW' | 'BLOCK';
  readonly counted: readonly string[];
}

type Holds = (request: PlayedRequest) => boolean;

/**
 * A web ACL as it is deployed, with the IP sets as they are now. The emulators store a web ACL and evaluate none. Only the kinds of
 * statement that this project deploys are played; any other is an error.
 */
export async function playWebAcl(endpoint: string, arn: string): Promise<(request: PlayedRequest) => PlayedAnswer> {
  const client = new WAFV2Client(clientConfig(endpoint));
  const [, Name = '', Id = ''] = /\/webacl\/([^/]+)\/(.+)$/.exec(arn) ?? [];
  const { WebACL } = await client.send(new GetWebACLCommand({ Name, Id, Scope: 'REGIONAL' }));
  const rules = [...(WebACL?.Rules ?? [])].sort((a, b) => (a.Priority ?? 0) - (b.Priority ?? 0));
  const played = await Promise.all(rules.map(async (rule) => ({ rule, holds: await holdsOf(client, rule.Statement) })));
  const byDefault = WebACL?.DefaultAction?.Allow ? 'ALLOW' : 'BLOCK';
  return (request) => {
    const matching = played.filter(({ holds }) => holds(request)).map(({ rule }) => rule);
    const terminating = matching.find(({ Action }) => !Action?.Count);
    const before = terminating ? matching.slice(0, matching.indexOf(terminating)) : matching;
    return { action: terminating ? actionOf(terminating) : byDefault, counted: before.map((rule) => rule.Name ?? '') };
  };
}

function actionOf({ Action, Name }: Rule): PlayedAnswer['action'] {
  if (Action?.Allow) return 'ALLOW';
  if (Action?.Block) return 'BLOCK';
  throw new Error(`The action of rule ${Name} is not played`);
}

async function holdsOf(client: WAFV2Client, statement: Statement | undefined): Promise<Holds> {
  if (statement?.IPSetReferenceStatement) return inIpSet(client, statement.IPSetReferenceStatement.ARN ?? '');
  if (statement?.NotStatement) {
    const holds = await holdsOf(client, statement.NotStatement.Statement);
    return (request) => !holds(request);
  }
  if (statement?.OrStatement) {
    const parts = await Promise.all((statement.OrStatement.Statements ?? []).map((one) => holdsOf(client, one)));
    return (request) => parts.some((holds) => holds(request));
  }
  if (statement?.RegexMatchStatement?.FieldToMatch?.SingleHeader?.Name === 'user-agent') {
    const pattern = new RegExp(statement.RegexMatchStatement.RegexString ?? '');
    return ({ userAgent = '' }) => pattern.test(userAgent);
  }
  throw new Error(`A statement is not played: ${JSON.stringify(statement)}`);
}

async function inIpSet(client: WAFV2Client, arn: string): Promise<Holds> {
  const [, Name = '', Id = ''] = /\/ipset\/([^/]+)\/(.+)$/.exec(arn) ?? [];
  const { IPSet } = await client.send(new GetIPSetCommand({ Name, Id, Scope: 'REGIONAL' }));
  const covers = coverage((IPSet?.Addresses ?? []).map(parseRange));
  return ({ ip }) => covers(parseRange(ip));
}
