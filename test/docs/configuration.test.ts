import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALB, addStack, type Context, newApp } from '../lib/template';

const [, ...stated] =
  /name about (\d+) security groups and prefix lists, or (\d+) IP sets; with `ingress=alb` (\d+), or (\d+); with `ingress=none` (\d+), or (\d+), and with one of `webAclAssociations` (\d+), or (\d+)\./.exec(
    readFileSync(join(__dirname, '..', '..', 'docs', 'configuration.md'), 'utf8').replaceAll(/\s+/g, ' '),
  ) ?? [];
const [groups, sets, ofAlb, setsOfAlb, ofNone, setsOfNone, associated, setsAssociated] = stated.map(Number);

const NONE: Context = { ingress: 'none' };
const ASSOCIATED: Context = {
  ingress: 'none',
  webAclAssociations: 'arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod',
};
const numbered = (count: number, prefix: string, digits: number) =>
  Array.from({ length: count }, (_, i) => `${prefix}${i.toString(16).padStart(digits, '0')}`);
const securityGroupIds = (count: number) => ({ securityGroupIds: numbered(count, 'sg-', 17) });
const ipSetArns = (count: number) => ({
  ipSetArns: numbered(
    count,
    'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/partners/0f1e2d3c-4b5a-6978-8796-',
    12,
  ),
});

test.each<[string, number | undefined, Context, (count: number) => Context]>([
  ['security groups', groups, {}, securityGroupIds],
  ['IP sets', sets, {}, ipSetArns],
  ['security groups with ingress=alb', ofAlb, ALB, securityGroupIds],
  ['IP sets with ingress=alb', setsOfAlb, ALB, ipSetArns],
  ['security groups with ingress=none', ofNone, NONE, securityGroupIds],
  ['IP sets with ingress=none', setsOfNone, NONE, ipSetArns],
  ['security groups with an association', associated, ASSOCIATED, securityGroupIds],
  ['IP sets with an association', setsAssociated, ASSOCIATED, ipSetArns],
])(
  'as many %s as the documentation says can be named, and a fifth more can not',
  (_what, count = 0, context, naming) => {
    expect(count).toBeGreaterThan(0);
    expect(() => addStack(newApp({ ...context, ...naming(count) }))).not.toThrow();
    expect(() => addStack(newApp({ ...context, ...naming(Math.ceil(count * 1.2)) }))).toThrow(
      /do not fit in the environment/,
    );
  },
);
