import type { Session } from '../../bin/allowlist/session';
import { readTargets } from '../../bin/allowlist/targets';
import { parseRange } from '../../lambda/core/ranges/range';
import type { TargetResult } from '../../lambda/core/report/run-record';
import { DISCOVERY_TAG } from '../../lambda/shared/constants';
import { makeClients } from '../../lambda/sync/clients';
import { NO_DEADLINE } from '../../lambda/sync/deadline';
import { StateStore } from '../../lambda/sync/state/store';
import { permission } from './fixtures';
import { Harness, type Run, TABLE } from './harness';

let h: Harness;
let group: string;

beforeAll(async () => {
  h = await Harness.start();
});
afterAll(() => h?.stop());
beforeEach(async () => {
  await h.reset();
  group = await h.account.makeGroup('own', [{ Key: DISCOVERY_TAG, Value: '443' }]);
});

const targetIn = ({ report }: Run, id: string) => report.targets.find((target) => target.id === id) as TargetResult;

async function referTo(...PrefixListIds: string[]): Promise<void> {
  const lists = PrefixListIds.map((PrefixListId) => ({ PrefixListId }));
  await h.account.allow(group, { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, PrefixListIds: lists });
}

it('a rule that refers to a prefix list is assessed by the entries of the list', async () => {
  const wide = await h.account.makePrefixList('wide', 5, 'IPv4', { entries: ['52.0.0.0/8', '34.197.76.213/32'] });
  await referTo(wide);
  expect(targetIn(await h.sync(), group)).toMatchObject({
    exposed: true,
    exposure: [
      {
        range: '52.0.0.0/8',
        ports: [443],
        entry: expect.stringMatching(`^rule sgr-\\w+ \\(tcp 443\\), prefix list ${wide}$`),
      },
    ],
  });
});

it('a list that several groups refer to is read once', async () => {
  const list = await h.account.makePrefixList('shared', 5, 'IPv4', { entries: ['198.51.100.7/32'] });
  await referTo(list);
  group = await h.account.makeGroup('other', [{ Key: DISCOVERY_TAG, Value: '443' }]);
  await referTo(list);
  await h.sync();
  const run = await h.sync();
  expect(run.calls.filter((call) => call === 'GetManagedPrefixListEntries')).toHaveLength(1);
});

it('a list whose entries may not be read is named, not assessed, and the target is in sync', async () => {
  const list = await h.account.makePrefixList('of-another-account', 5, 'IPv4', { entries: ['52.0.0.0/8'] });
  await referTo(list);
  await h.sync();
  h.moto.proxy.fault = (call) =>
    call === 'GetManagedPrefixListEntries' ? { code: 'UnauthorizedOperation', status: 403 } : undefined;
  expect(targetIn(await h.sync(), group)).toMatchObject({
    outcome: 'in-sync',
    exposed: false,
    exposure: [{ range: list, ports: [443], entry: expect.stringMatching(/^rule sgr-/) }],
  });
});

it('a wide entry of others in a prefix list that is a target exposes it, until it is gone', async () => {
  const list = await h.account.makePrefixList('own', 30, 'IPv4', { tags: [{ Key: DISCOVERY_TAG, Value: '' }] });
  await h.account.addToPrefixList(list, '34.192.0.0/12');
  expect(targetIn(await h.sync(), list)).toMatchObject({
    exposed: true,
    exposure: [{ range: '34.192.0.0/12', ports: [], entry: 'entry 34.192.0.0/12' }],
  });
  await h.account.takeFromPrefixList(list, '34.192.0.0/12');
  expect(targetIn(await h.sync(), list)).toMatchObject({ exposed: false, exposure: [] });
});

it('a run in sync says in its record what is open, and needs no further call for a rule', async () => {
  await h.sync();
  const calm = await h.sync();
  await h.account.allow(group, permission(443, '0.0.0.0/0', 'for a test'));
  const run = await h.sync();
  expect(run.report.outcome).toBe('in-sync');
  expect(targetIn(run, group)).toMatchObject({ exposed: true, exposure: [{ range: '0.0.0.0/0', ports: [443] }] });
  expect([...run.calls].sort()).toEqual([...calm.calls].sort());
});

it('two neighboring extra ranges, which are wider together than one may be, are no exposure for the sync, nor for status', async () => {
  h.settings = { ...h.settings, extraRanges: [parseRange('8.8.0.0/19')] };
  expect(targetIn(await h.sync(), h.ownV4)).toMatchObject({ outcome: 'changed', exposed: false });
  const clients = makeClients(h.moto.proxied, NO_DEADLINE);
  const state = await new StateStore(clients.state, TABLE).load();
  const inForce = await readTargets(h.settings, state, clients as Session);
  expect(inForce.find(({ id }) => id === h.ownV4)).toMatchObject({ error: null, exposed: false });
});

it('a guard that cannot be read is unknown with the reason, and the run is in sync', async () => {
  const id = 'arn:aws:wafv2:us-east-1:123456789012:regional/webacl/Test/1';
  const protects = ['arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/stages/live'];
  h.settings = { ...h.settings, guards: [{ kind: 'web-acl', id, mode: 'block', protects, ipSets: ['set'] }] };
  await h.sync();
  h.moto.proxy.fault = (call) => (call === 'GetWebACLForResource' ? { code: 'AccessDeniedException' } : undefined);
  const { report, error } = await h.sync();
  expect({ outcome: report.outcome, error }).toEqual({ outcome: 'in-sync', error: undefined });
  expect(report.guards).toEqual([
    { id, kind: 'web-acl', outcome: 'unknown', problems: [expect.stringMatching(/AccessDeniedException/)], notes: [] },
  ]);
});
