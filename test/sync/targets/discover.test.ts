import { EC2Client } from '@aws-sdk/client-ec2';
import { DISCOVERY_TAG } from '../../../lambda/shared/constants';
import type { Settings } from '../../../lambda/sync/settings';
import { discoverPrefixLists } from '../../../lambda/sync/targets/prefix-list/discover';
import { discoverSecurityGroups } from '../../../lambda/sync/targets/security-group/discover';

const Tags = (value: string) => [{ Key: DISCOVERY_TAG, Value: value }];
const settings = {
  stackName: 'Test',
  ownSecurityGroups: [],
  securityGroups: [],
  ownPrefixLists: [],
  prefixLists: [],
  rulesPerSecurityGroup: 60,
} as unknown as Settings;

/** A client whose every call is answered by the next page, and the tokens by which they were asked for. */
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

describe('a tagged target is found on whatever page it is', () => {
  it('a security group', async () => {
    const group = (GroupId: string) => ({ SecurityGroups: [{ GroupId, Tags: Tags('443') }] });
    const { client, tokens } = paging(group('sg-1'), { SecurityGroups: [] }, group('sg-3'));
    expect(ids(await discoverSecurityGroups(settings, client))).toEqual(['sg-1', 'sg-3']);
    expect(tokens).toEqual([undefined, 'page 1', 'page 2']);
  });

  it('a prefix list, among those that are not tagged', async () => {
    const list = (PrefixListId: string, tags = Tags('')) => ({ PrefixListId, Tags: tags });
    const { client, tokens } = paging(
      { PrefixLists: [list('pl-1'), list('pl-2', [{ Key: 'team', Value: 'a' }])] },
      { PrefixLists: [{ PrefixListId: 'pl-3' }, list('pl-4', Tags('list'))] },
    );
    expect(ids(await discoverPrefixLists(settings, client))).toEqual(['pl-1', 'pl-4']);
    expect(tokens).toEqual([undefined, 'page 1']);
  });
});

describe('what the stack made is its own, what is named or tagged is not', () => {
  it('prefix lists, each once', async () => {
    const { client } = paging({ PrefixLists: [{ PrefixListId: 'pl-own', Tags: Tags('') }] });
    const lists = { ...settings, ownPrefixLists: ['pl-own'], prefixLists: ['pl-named', 'pl-own'] };
    const { targets } = await discoverPrefixLists(lists, client);
    expect(targets.map(({ id, exclusive }) => [id, exclusive])).toEqual([
      ['pl-own', true],
      ['pl-named', false],
    ]);
  });

  it('a security group has the ports that it was given, unless its tag tells others', async () => {
    const { client } = paging({ SecurityGroups: [{ GroupId: 'sg-own', Tags: Tags('443') }] });
    const groups = {
      ...settings,
      ownSecurityGroups: [{ id: 'sg-own', ports: [8443] }],
      securityGroups: [{ id: 'sg-named', ports: [22, 443] }],
    };
    const { targets } = await discoverSecurityGroups(groups, client);
    expect(targets.map(({ id, ports }) => [id, ports])).toEqual([
      ['sg-own', [443]],
      ['sg-named', [22, 443]],
    ]);
  });
});
