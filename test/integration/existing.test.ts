import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AssociateWebACLCommand,
  CreateWebACLCommand,
  GetWebACLForResourceCommand,
  WAFV2Client,
} from '@aws-sdk/client-wafv2';
import type { Status } from '../../bin/allowlist/status';
import { clientConfig } from '../../dev/closed-environment';
import { bootstrap, deploy, invokeDeployedSync, type Outputs } from '../../dev/deployment';
import type { Emulator } from '../../dev/emulator';
import { type FeedServer, serveFeeds, writePublishedFeeds } from '../../dev/feeds';
import { startCheckedEmulator } from './checked-emulator';
import { YESTERDAY } from './days';
import { Account, permission } from './fixtures';
import { PUBLISHED } from './harness';
import { runAllowlist } from './terminal';
import { type PlayedAnswer, playWebAcl } from './web-acl-player';

const INTERCOM = { ip: '34.197.76.213', userAgent: 'intercom-parrot-service-client/1.0' };
const STRANGER = { ip: '198.51.100.7' };
const PRETENDER = { ip: '198.51.100.7', userAgent: 'intercom-parrot-service-client/1.0' };

let emulator: Emulator;
let feeds: FeedServer;
let account: Account;
let group: string;
let partners: string;
let stage: string;

/** Creates a REST API with a stage, as an operator has one. @returns the stage's ARN */
async function makeStage(): Promise<string> {
  const call = async (path: string, body: object) => {
    const answer = await fetch(`${emulator.endpoint}${path}`, {
      method: 'POST',
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/apigateway/aws4_request' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { id: string };
  };
  const { id } = await call('/restapis', { name: 'own' });
  await call(`/restapis/${id}/deployments`, { stageName: 'prod' });
  return `arn:aws:apigateway:us-east-1::/restapis/${id}/stages/prod`;
}

const waf = () => new WAFV2Client(clientConfig(emulator.endpoint));
const webAclOfStage = async () => {
  const { WebACL } = await waf().send(new GetWebACLForResourceCommand({ ResourceArn: stage }));
  return WebACL?.ARN;
};
const rangesIn = async (id: string) =>
  (await account.rules(id)).map((rule) => rule.split(' ').slice(0, 2).join(' ')).sort();
const template = async () =>
  JSON.parse(await readFile(join(emulator.home, 'cdk.out', 'IntercomAllowlist.template.json'), 'utf8'));

async function deployed(context: Record<string, string>): Promise<Outputs> {
  return deploy(emulator, { feedBaseUrl: feeds.baseUrl, ingress: 'none', ...context });
}

beforeAll(async () => {
  emulator = await startCheckedEmulator();
  account = new Account(clientConfig(emulator.endpoint));
  feeds = await serveFeeds(join(emulator.home, 'feeds'));
  await writePublishedFeeds(feeds.directory, YESTERDAY);
  group = await account.makeGroup('own');
  await account.allow(group, permission(443, '198.51.100.7/32', 'office'));
  partners = await account.makeIpSet('partners', ['198.51.100.0/24']);
  await bootstrap(emulator);
  stage = await makeStage();
});
afterAll(async () => {
  await feeds?.stop();
  await emulator?.stop();
});

describe('a deployment with ingress=none, a security group and an IP set', () => {
  let outputs: Outputs;
  beforeAll(async () => {
    outputs = await deployed({ securityGroupIds: group, ipSetArns: partners });
  });

  it('has filled both when it returns, and left the entries of others as they were', async () => {
    const others = ['443 198.51.100.7/32'];
    expect(await rangesIn(group)).toEqual([...others, ...PUBLISHED.map((range) => `443 ${range}`)].sort());
    expect((await account.ipSet(partners)).addresses).toEqual(['198.51.100.0/24', ...PUBLISHED].sort());
  });

  it('deploys no API, no receiver and no secret', async () => {
    const { Resources } = await template();
    const types = Object.values(Resources as Record<string, { Type: string }>).map(({ Type }) => Type);
    expect(types.filter((type) => /ApiGateway|SecretsManager|EventBus|WAFv2/.test(type))).toEqual([]);
    expect(Object.keys(outputs)).not.toContain('WebhookUrl');
  });

  it.each([
    [['status', '--json'], 0],
    [['plan'], 0],
    [['explain', '34.197.76.213'], 0],
    [['history'], 0],
  ])('allowlist %j works', async (args, code) => {
    const ended = await runAllowlist(args as string[], emulator.environment);
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code, stderr: '' });
    expect(ended.stdout).not.toBe('');
  });

  it('status shows both targets', async () => {
    const { stdout } = await runAllowlist(['status', '--json'], emulator.environment);
    expect((JSON.parse(stdout) as Status).targets.map(({ id }) => id).sort()).toEqual([partners, group].sort());
  });
});

describe('webAclAssociations', () => {
  it('fails the deployment with words, and changes nothing, if the resource has another web ACL', async () => {
    const VisibilityConfig = { SampledRequestsEnabled: false, CloudWatchMetricsEnabled: false, MetricName: 'other' };
    const { Summary } = await waf().send(
      new CreateWebACLCommand({ Name: 'other', Scope: 'REGIONAL', DefaultAction: { Allow: {} }, VisibilityConfig }),
    );
    const other = await makeStage();
    await waf().send(new AssociateWebACLCommand({ WebACLArn: Summary?.ARN, ResourceArn: other }));
    await expect(deployed({ securityGroupIds: group, webAclAssociations: other })).rejects.toThrow(
      /already has the web ACL\s+\S+\/webacl\/other\//,
    );
    const { WebACL } = await waf().send(new GetWebACLForResourceCommand({ ResourceArn: other }));
    expect(WebACL?.Name).toBe('other');
  });

  it('count, block, count: the web ACL counts or blocks the same requests, and no entry changes', async () => {
    const seen: Record<string, PlayedAnswer[]> = {};
    for (const [step, webAclMode] of ['count', 'block', 'count'].entries()) {
      const outputs = await deployed({ webAclAssociations: stage, webAclMode });
      expect(await webAclOfStage()).toBe(outputs.WebAclArn);
      const answer = await playWebAcl(emulator.endpoint, outputs.WebAclArn ?? '');
      seen[`${step} ${webAclMode}`] = [INTERCOM, STRANGER, PRETENDER].map(answer);
      expect((await account.ipSet(outputs.Ipv4IpSetArn ?? '')).addresses).toEqual(PUBLISHED);
      expect((await invokeDeployedSync(emulator, outputs)).answer.outcome).toBe('in-sync');
    }
    const counting = [
      { action: 'ALLOW', counted: [] },
      { action: 'ALLOW', counted: ['would-be-blocked'] },
      { action: 'ALLOW', counted: ['blocked-like-intercom', 'would-be-blocked'] },
    ];
    const blocking = [
      { action: 'ALLOW', counted: [] },
      { action: 'BLOCK', counted: [] },
      { action: 'BLOCK', counted: [] },
    ];
    expect(seen).toEqual({ '0 count': counting, '1 block': blocking, '2 count': counting });
  });

  it('is taken back when the key is removed, and the endpoint is left without a web ACL', async () => {
    await deployed({ securityGroupIds: group });
    expect(await webAclOfStage()).toBeUndefined();
  });
});
