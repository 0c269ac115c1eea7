import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AllowlistGuard, AllowlistSync, AllowlistTarget, IpSets, Receiver } from '../../../lib';
import { TooManyTargetsError } from '../../../lib/sync/targets-variable';
import { newApp, type Resource, readable, resourcesOf } from '../template';

/** docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, without white space */
const MAX_INLINE = 10_240;
const MAX_MANAGED_POLICY = 6144;
const MAX_MANAGED_POLICIES = 10;
/** docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ENVIRONMENT = 4096;

const hex = (i: number, digits: number) => i.toString(16).padStart(digits, '0');
const ipSet = (i: number, name = `set-${i}`) =>
  AllowlistTarget.ipSet(
    `arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/${name}/0f1e2d3c-4b5a-6978-8796-${hex(i, 12)}`,
  );
const longNamed = (i: number) => ipSet(i, 'x'.repeat(128));
const group = (i: number) => AllowlistTarget.securityGroupId(`sg-${hex(i, 17)}`);
const list = (i: number) => AllowlistTarget.prefixListId(`pl-${hex(i, 17)}`);

type MakeTarget = (i: number) => AllowlistTarget;

/** The two IP sets that a stack makes, and so many targets that it names. */
function stackOf(count: number, target: MakeTarget, app: App = newApp()): Stack {
  const stack = new Stack(app, 'Team');
  const own = new IpSets(stack, 'IpSets', { name: 'IntercomAllowlist' });
  const exclusive = own.arns.map((arn) => AllowlistTarget.ipSet(arn, { exclusive: true }));
  const named = Array.from({ length: count }, (_, i) => target(i));
  new AllowlistSync(stack, 'Sync', { targets: [...exclusive, ...named] });
  return stack;
}

/** A value of the template as long as the deploy can make it, in every partition and Region. */
function longest(value: unknown): string {
  return JSON.stringify(readable(value))
    .replaceAll('<AWS::Partition>', 'aws-us-gov')
    .replaceAll('<AWS::Region>', 'us-isof-south-1')
    .replaceAll('<AWS::AccountId>', '111122223333')
    .replaceAll(
      /<IpSets[^>]+>/g,
      longNamed(0)._setting.id.replace('aws', 'aws-us-gov').replace('eu-west-1', 'us-isof-south-1'),
    )
    .replaceAll(/<[^>]+>/g, 'x'.repeat(255));
}

/** Sizes of what AWS limits: the policies of the sync's role, and its function's environment. */
function sizesOf(stack: Stack) {
  const all = Template.fromStack(stack);
  const documents = (type: string) =>
    Object.values(resourcesOf(all, type))
      .map(({ Properties }) => Properties)
      .filter(({ Roles }) => Roles.includes('<SyncRole>'))
      .map(({ PolicyDocument }) => longest(PolicyDocument).length);
  const { Properties } = resourcesOf(all, 'AWS::Lambda::Function').SyncFunction as Resource;
  return {
    inline: documents('AWS::IAM::Policy').reduce((sum, size) => sum + size, 0),
    managed: documents('AWS::IAM::ManagedPolicy'),
    environment: Buffer.byteLength(longest(Properties.Environment.Variables)),
  };
}

function expectFits(stack: Stack): void {
  const { inline, managed, environment } = sizesOf(stack);
  expect(inline).toBeLessThanOrEqual(MAX_INLINE);
  expect(Math.max(0, ...managed)).toBeLessThanOrEqual(MAX_MANAGED_POLICY);
  expect(managed.length).toBeLessThanOrEqual(MAX_MANAGED_POLICIES);
  expect(environment).toBeLessThanOrEqual(MAX_ENVIRONMENT);
}

describe('named targets within the limits of AWS synthesize', () => {
  test.each([
    ['no target', 0, ipSet],
    ['83 security groups', 83, group],
    ['83 prefix lists', 83, list],
    ['12 IP sets with names of 128 characters', 12, longNamed],
    ['25 IP sets with short names', 25, ipSet],
  ])('%s', (_what, count, target) => {
    expectFits(stackOf(count, target));
  });
});

describe('too many named targets stop synthesis with both numbers and an alternative', () => {
  test.each([
    ['40 IP sets with short names', 40, ipSet],
    ['16 IP sets with names of 128 characters', 16, longNamed],
    ['500 security groups', 500, group],
    ['500 prefix lists', 500, list],
  ])('%s', (_what, count, target) => {
    expect(() => stackOf(count, target)).toThrow(TooManyTargetsError);
    expect(() => stackOf(count, target)).toThrow(
      new RegExp(
        `^${count + 2} named targets and 0 guards do not fit .* can take \\d{4,5} bytes, and AWS Lambda allows 4096\\. .*` +
          'Tag resources with intercom-allowlist instead of naming them: a tagged target takes no space$',
      ),
    );
  });
});

test('targets that fit without a guard stop synthesis with it, and the message counts both', () => {
  const most = mostOf(group);
  const stack = stackOf(most, group);
  const sync = stack.node.findChild('Sync') as AllowlistSync;
  const guard = AllowlistGuard.receiver(new Receiver(stack, 'Receiver'));
  expect(() => sync.addGuard(guard)).toThrow(`${most + 2} named targets and 1 guard do not fit`);
});

describe('the targets that fit in the environment also fit in the policies, and one more does not', () => {
  test.each([
    ['security groups', group],
    ['prefix lists', list],
    ['IP sets', ipSet],
    ['IP sets with long names', longNamed],
    ['targets of every kind', (i: number) => [ipSet, group, list][i % 3]?.(i) as AllowlistTarget],
  ])('%s', (_what, target) => {
    const most = mostOf(target);
    const stack = stackOf(most, target);
    expectFits(stack);
    expect(most).toBeGreaterThan(10);
    // Nothing is refused that fits: one target more takes less than what was refused.
    const oneMore = JSON.stringify(target(most)._setting.id).length + 3;
    expect(sizesOf(stack).environment + oneMore).toBeGreaterThan(MAX_ENVIRONMENT - 10);
  });
});

/** By bisection. */
function mostOf(target: MakeTarget): number {
  const app = newApp();
  const fits = (count: number) => {
    try {
      stackOf(count, target, new App({ context: app.node.getAllContext() }));
      return true;
    } catch (error) {
      if (error instanceof TooManyTargetsError) return false;
      throw error;
    }
  };
  let [fitting, tooMany] = [0, 500];
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (fits(middle)) fitting = middle;
    else tooMany = middle;
  }
  return fitting;
}
