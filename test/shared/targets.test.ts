import * as fc from 'fast-check';
import { InvalidConfigError } from '../../lambda/shared/errors';
import { parseTargets } from '../../lambda/shared/parse-targets';
import { groupTargets, TARGET_KINDS, type TargetSetting } from '../../lambda/shared/targets';

const parse = (text: string) => parseTargets(text, 'TARGETS');

test('targets that differ only in their ids are written as one group', () => {
  const group = (id: string, ports = [443]): TargetSetting => ({ kind: 'security-group', id, exclusive: false, ports });
  const targets: TargetSetting[] = [
    group('sg-1'),
    { kind: 'ip-set', id: 'arn:1', exclusive: true, ports: [] },
    group('sg-2'),
    group('sg-3', [22, 443]),
  ];
  expect(JSON.stringify(groupTargets(targets))).toBe(
    '[{"kind":"security-group","ids":["sg-1","sg-2"],"ports":[443]},' +
      '{"kind":"ip-set","ids":["arn:1"],"exclusive":true},' +
      '{"kind":"security-group","ids":["sg-3"],"ports":[22,443]}]',
  );
});

test('any targets are read as they were written', () => {
  const target = fc
    .record({ kind: fc.constantFrom(...TARGET_KINDS), exclusive: fc.boolean() })
    .chain(({ kind, exclusive }) =>
      fc.record({
        kind: fc.constant(kind),
        id: fc.string({ minLength: 1 }),
        exclusive: fc.constant(exclusive),
        ports:
          kind === 'security-group' ? fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1 }) : fc.constant([]),
      }),
    );
  const byId = (targets: readonly TargetSetting[]) => [...targets].sort((a, b) => (a.id < b.id ? -1 : 1));
  fc.assert(
    fc.property(fc.uniqueArray(target, { selector: ({ id }) => id }), (targets) => {
      expect(byId(parse(JSON.stringify(groupTargets(targets))))).toEqual(byId(targets));
    }),
  );
});

describe('a target that the stack created and the configuration names as well is one exclusive target', () => {
  const own = '{"kind":"ip-set","exclusive":true,"ids":["arn:1"]}';
  const named = '{"kind":"ip-set","ids":["arn:1","arn:2"]}';

  test.each([[`[${own},${named}]`], [`[${named},${own}]`]])('in either order: %s', (text) => {
    expect(parse(text)).toEqual([
      { kind: 'ip-set', id: 'arn:1', exclusive: true, ports: [] },
      { kind: 'ip-set', id: 'arn:2', exclusive: false, ports: [] },
    ]);
  });

  it('whose ports, in a security group, are those named last', () => {
    const text =
      '[{"kind":"security-group","exclusive":true,"ports":[443],"ids":["sg-1"]},' +
      '{"kind":"security-group","ports":[8443],"ids":["sg-1"]}]';
    expect(parse(text)).toEqual([{ kind: 'security-group', id: 'sg-1', exclusive: true, ports: [8443] }]);
  });
});

describe('an invalid list is rejected, with the variable and its value in the error', () => {
  test.each([
    ['a text that is not JSON', 'sg-1:443'],
    ['an object instead of a list', '{}'],
    ['an unknown kind', '[{"kind":"firewall","ids":["a"]}]'],
    ["an object's own word as the kind", '[{"kind":"toString","ids":["a"]}]'],
    ['a kind alone', '[{"kind":"ip-set"}]'],
    ['no id', '[{"kind":"ip-set","ids":[]}]'],
    ['an empty id', '[{"kind":"ip-set","ids":[""]}]'],
    ['an IP set with ports', '[{"kind":"ip-set","ids":["a"],"ports":[443]}]'],
    ['a security group without ports', '[{"kind":"security-group","ids":["sg-1"]}]'],
    ['a security group with no port in its ports', '[{"kind":"security-group","ids":["sg-1"],"ports":[]}]'],
    ['port 0', '[{"kind":"security-group","ids":["sg-1"],"ports":[0]}]'],
    ['port 65536', '[{"kind":"security-group","ids":["sg-1"],"ports":[65536]}]'],
    ['half a port', '[{"kind":"security-group","ids":["sg-1"],"ports":[44.3]}]'],
    ['exclusive as a text', '[{"kind":"ip-set","ids":["a"],"exclusive":"false"}]'],
    ['an unknown key', '[{"kind":"ip-set","ids":["a"],"own":true}]'],
  ])('%s', (_what, text) => {
    expect(() => parse(text)).toThrow(InvalidConfigError);
    expect(() => parse(text)).toThrow(`TARGETS: ${JSON.stringify(text)} is not allowed. Allowed: the targets as`);
  });
});
