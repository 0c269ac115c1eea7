import { EC2Client } from '@aws-sdk/client-ec2';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { ACCEPT_TAG, DISCOVERY_TAG } from '../../../lambda/shared/constants';
import type { TargetSetting } from '../../../lambda/shared/targets';
import { KINDS } from '../../../lambda/sync/targets/kinds';
import type { Discovery } from '../../../lambda/sync/targets/target';

const Tags = (value: string) => [{ Key: DISCOVERY_TAG, Value: value }];

/** Discovers targets of a kind, with those that the stack names. */
function discover(
  kind: TargetSetting['kind'],
  client: EC2Client,
  ...named: Omit<TargetSetting, 'kind'>[]
): Promise<Discovery> {
  const settings = { owner: 'Test', rulesPerSecurityGroup: 60 };
  const unused = { waf: new WAFV2Client({}), tagging: new ResourceGroupsTaggingAPIClient({}) };
  const clients = { ec2: client, ...unused, globalWaf: unused.waf, globalTagging: unused.tagging };
  return KINDS[kind].discover(
    named.map((target) => ({ kind, ...target })),
    { settings, clients },
  );
}

/** A client that answers every call with the next page, and the tokens of its requests. */
function paging(...pages: object[]): { client: EC2Client; tokens: unknown[] } {
  const client = new EC2Client({});
  const tokens: unknown[] = [];
  jest.spyOn(client, 'send').mockImplementation(async ({ input }) => {
    tokens.push('NextToken' in input ? input.NextToken : undefined);
    const next = tokens.length < pages.length ? { NextToken: `page ${tokens.length}` } : {};
    return { ...pages[tokens.length - 1], ...next };
  });
  return { client, tokens };
}

const ids = ({ targets }: { targets: readonly { id: string }[] }) => targets.map(({ id }) => id);

describe('discovery reads every page', () => {
  it('and finds tagged security groups on each', async () => {
    const group = (GroupId: string) => ({ SecurityGroups: [{ GroupId, Tags: Tags('443') }] });
    const { client, tokens } = paging(group('sg-1'), { SecurityGroups: [] }, group('sg-3'));
    expect(ids(await discover('security-group', client))).toEqual(['sg-1', 'sg-3']);
    expect(tokens).toEqual([undefined, 'page 1', 'page 2']);
  });

  it('and finds tagged prefix lists among others on each', async () => {
    const list = (PrefixListId: string, tags = Tags('')) => ({ PrefixListId, Tags: tags });
    const { client, tokens } = paging(
      { PrefixLists: [list('pl-1'), list('pl-2', [{ Key: 'team', Value: 'a' }])] },
      { PrefixLists: [{ PrefixListId: 'pl-3' }, list('pl-4', Tags('list'))] },
    );
    expect(ids(await discover('prefix-list', client))).toEqual(['pl-1', 'pl-4']);
    expect(tokens).toEqual([undefined, 'page 1']);
  });
});

describe('the tag that accepts an exposure', () => {
  const acceptedIn = async (client: EC2Client, ...named: Omit<TargetSetting, 'kind'>[]) => {
    const { targets } = await discover('security-group', client, ...named);
    const rules = { SecurityGroupRules: [{ SecurityGroupRuleId: 'sgr-1', CidrIpv4: '0.0.0.0/0', IpProtocol: '-1' }] };
    jest.spyOn(client, 'send').mockImplementation(async () => ({ ...rules, $metadata: { attempts: 1 } }));
    return Promise.all(targets.map(async (target) => [target.id, (await target.read([])).acceptedExposure]));
  };
  const group = (GroupId: string, tags: object[]) => ({ GroupId, Tags: tags });
  const accept = (Value: string) => ({ Key: ACCEPT_TAG, Value });

  it('gives its reason for a tagged group and for a named one, and makes no group a target', async () => {
    const { client } = paging({
      SecurityGroups: [
        group('sg-tagged', [...Tags('443'), accept('public API')]),
        group('sg-named', [accept('a test')]),
        group('sg-neither', [accept('whatever')]),
      ],
    });
    const named = { id: 'sg-named', exclusive: false, ports: [443] };
    expect(await acceptedIn(client, named)).toEqual([
      ['sg-named', 'a test'],
      ['sg-tagged', 'public API'],
    ]);
  });

  it('accepts nothing without a reason', async () => {
    const { client } = paging({ SecurityGroups: [group('sg-1', [...Tags('443'), accept(' ')])] });
    expect(await acceptedIn(client)).toEqual([['sg-1', undefined]]);
  });
});

describe('only targets that the stack created are exclusive', () => {
  it('and a prefix list that is both named and tagged is one target', async () => {
    const { client } = paging({ PrefixLists: [{ PrefixListId: 'pl-own', Tags: Tags('') }] });
    const own = { id: 'pl-own', exclusive: true, ports: [] };
    const { targets } = await discover('prefix-list', client, own, { ...own, id: 'pl-named', exclusive: false });
    expect(targets.map(({ id, exclusive }) => [id, exclusive])).toEqual([
      ['pl-own', true],
      ['pl-named', false],
    ]);
  });

  it('and a security group has the configured ports unless its tag overrides them', async () => {
    const { client } = paging({ SecurityGroups: [{ GroupId: 'sg-own', Tags: Tags('443') }] });
    const own = { id: 'sg-own', exclusive: true, ports: [8443] };
    const named = { id: 'sg-named', exclusive: false, ports: [22, 443] };
    const { targets } = await discover('security-group', client, own, named);
    expect(targets.map(({ id, ports }) => [id, ports])).toEqual([
      ['sg-own', [443]],
      ['sg-named', [22, 443]],
    ]);
  });

  it('and IP sets are only those that are named', async () => {
    const own = { id: 'arn:own', exclusive: true, ports: [] };
    const { targets } = await discover('ip-set', new EC2Client({}), own, { ...own, id: 'arn:named', exclusive: false });
    expect(targets.map(({ id, exclusive }) => [id, exclusive])).toEqual([
      ['arn:own', true],
      ['arn:named', false],
    ]);
  });
});
