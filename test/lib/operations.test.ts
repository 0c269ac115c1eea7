import { FUNCTIONS } from '../../bin/bundle';
import type { FunctionName } from '../../lib/functions';
import { addFigure } from '../figures';
import { allowedActions, neededActions } from './operations';
import { ALB, ALB_EVERY_KEY, type Context, EVERY_KEY, EXISTING, TARGETS_ONLY } from './template';

const VARIANTS: Readonly<Record<string, Context>> = {
  'by default': {},
  'every key': EVERY_KEY,
  'ALB ingress': ALB,
  'ALB ingress, every key': ALB_EVERY_KEY,
  'named targets only': TARGETS_ONLY,
  'existing endpoints': EXISTING,
};

interface Exception {
  readonly of: FunctionName | 'every function';
  /** @default - every variant */
  readonly variants?: readonly string[];
  readonly actions: readonly string[];
  readonly reason: string;
}

/** Operations that a bundle contains and its role does not allow. */
const NOT_CALLED: readonly Exception[] = [
  { of: 'redrive', actions: ['dynamodb:DeleteItem'], reason: 'gives up a claim, which the redrive never does' },
  {
    of: 'redrive',
    actions: ['sqs:SendMessage'],
    reason: 'stores a notification, which the redrive takes from the queue',
  },
  {
    of: 'network',
    variants: ['ALB ingress'],
    actions: ['ec2:DescribeRouteTables', 'ec2:DescribeSubnets'],
    reason: 'the subnets of the stack itself are known',
  },
  {
    of: 'sync',
    variants: ['by default', 'every key', 'named targets only', 'existing endpoints'],
    actions: [
      'elasticloadbalancing:DescribeListeners',
      'elasticloadbalancing:DescribeLoadBalancers',
      'elasticloadbalancing:DescribeRules',
    ],
    reason: 'the stack has no load balancer to check',
  },
  {
    of: 'sync',
    variants: ['named targets only', 'existing endpoints'],
    actions: ['apigateway:GET', 'events:DescribeEventBus', 'secretsmanager:GetSecretValue'],
    reason: 'the stack has no API and no receiver to check',
  },
  {
    of: 'sync',
    variants: ['named targets only'],
    actions: ['wafv2:GetRuleGroup', 'wafv2:GetWebACLForResource'],
    reason: 'the stack has no web ACL to check',
  },
];

/** Permissions for operations that no bundle contains. */
const INDIRECT: readonly Exception[] = [
  {
    of: 'every function',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    reason: 'Lambda writes the log with the role of the function',
  },
  { of: 'sync', actions: ['sqs:SendMessage'], reason: 'Lambda sends failed invocations to the dead-letter queue' },
  {
    of: 'sync',
    actions: ['sqs:GetQueueUrl'],
    reason: "part of CDK's grant to send messages",
  },
  { of: 'sync', actions: ['ec2:CreateTags'], reason: 'rules are created with tags' },
  {
    of: 'sync',
    actions: ['elasticloadbalancing:GetLoadBalancerWebACL', 'wafv2:GetWebACL'],
    reason: 'GetWebACLForResource needs them on the load balancer and on the web ACL that it returns',
  },
  {
    of: 'redrive',
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    reason: 'Lambda polls the queue with the role of the function',
  },
  {
    of: 'web-acl-association',
    actions: ['elasticloadbalancing:GetLoadBalancerWebACL', 'wafv2:GetWebACL'],
    reason: 'as above: it reads which web ACL a resource has before it changes anything',
  },
  {
    of: 'web-acl-association',
    actions: [
      'apigateway:SetWebACL',
      'elasticloadbalancing:CreateWebACLAssociation',
      'elasticloadbalancing:DeleteWebACLAssociation',
      'elasticloadbalancing:SetWebACL',
    ],
    reason: 'AssociateWebACL and DisassociateWebACL need them on the resource',
  },
];

const NEEDED = neededActions();
const FOUND = Object.entries(VARIANTS).map(([variant, context]) => [variant, allowedActions(context)] as const);
type Found = (typeof FOUND)[number][1];
type Difference = readonly [of: FunctionName, action: string];

const missingIn = (functions: Found): Difference[] =>
  functions.flatMap(({ name, allowed }) =>
    [...NEEDED[name]].filter((action) => !allowed.has(action)).map((action) => [name, action] as const),
  );
const unusedIn = (functions: Found): Difference[] =>
  functions.flatMap(({ name, allowed }) =>
    [...allowed].filter((action) => !NEEDED[name].has(action)).map((action) => [name, action] as const),
  );
const explains =
  (variant: string, [name, action]: Difference) =>
  ({ of, variants, actions }: Exception) =>
    [name, 'every function'].includes(of) && (variants?.includes(variant) ?? true) && actions.includes(action);

test('the operations of every function are found, and every function is in a variant', () => {
  const operations = Object.values(NEEDED).reduce((sum, { size }) => sum + size, 0);
  addFigure({ of: 'permissions of functions for their AWS operations', count: operations });
  expect(operations).toBeGreaterThan(30);
  const names = new Set(FOUND.flatMap(([, functions]) => functions.map(({ name }) => name)));
  expect([...names].sort()).toEqual(Object.keys(FUNCTIONS).sort());
});

test.each(FOUND)('%s: each AWS operation that a function calls is allowed by its role', (variant, functions) => {
  expect(missingIn(functions).filter((one) => !NOT_CALLED.some(explains(variant, one)))).toEqual([]);
});

test.each(FOUND)('%s: no role allows an action that its function does not need', (variant, functions) => {
  expect(unusedIn(functions).filter((one) => !INDIRECT.some(explains(variant, one)))).toEqual([]);
});

/** What AWS authorizes a call by, in addition to the action of its own name: the operations table of AWS WAF V2's actions. */
const NEEDED_TOO: Readonly<Record<string, readonly string[]>> = {
  'wafv2:GetWebACLForResource': ['wafv2:GetWebACL', 'elasticloadbalancing:GetLoadBalancerWebACL'],
  'wafv2:AssociateWebACL': ['apigateway:SetWebACL', 'elasticloadbalancing:CreateWebACLAssociation'],
  'wafv2:DisassociateWebACL': ['apigateway:SetWebACL', 'elasticloadbalancing:DeleteWebACLAssociation'],
};

test('each role that may call AWS WAF for a stage and a load balancer also has the other actions that the call needs', () => {
  const functions = allowedActions(EXISTING).filter(({ allowed }) => allowed.has('wafv2:GetWebACLForResource'));
  expect(new Set(functions.map(({ name }) => name))).toEqual(new Set(['sync', 'web-acl-association']));
  const missing = functions.flatMap(({ name, allowed }) =>
    Object.entries(NEEDED_TOO)
      .filter(([action]) => allowed.has(action))
      .flatMap(([, others]) => others.filter((other) => !allowed.has(other)).map((other) => [name, other])),
  );
  expect(missing).toEqual([]);
});

test('each exception explains a difference that is there', () => {
  const idle = (exceptions: readonly Exception[], differencesIn: (functions: Found) => Difference[]) =>
    exceptions.flatMap((exception) =>
      exception.actions.filter(
        (action) =>
          !FOUND.some(([variant, functions]) =>
            differencesIn(functions).some((one) => one[1] === action && explains(variant, one)(exception)),
          ),
      ),
    );
  expect([...idle(NOT_CALLED, missingIn), ...idle(INDIRECT, unusedIn)]).toEqual([]);
});
