import { reportMarkdown } from '../../../bin/allowlist/report-markdown';
import type { TargetResult } from '../../../lambda/core/report/run-record';
import { exposedTarget, freshFeed, quietTarget, reportOf, soundGuard } from '../../core/report/builders';

const STACK = { name: 'Other', account: '111122223333', region: 'eu-west-1', output: () => '' };
const PLAN = '0123456789ab';
const NOTHING = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
const markdownOf = (...targets: readonly TargetResult[]) => reportMarkdown(reportOf({ mode: 'plan', targets }), STACK);

describe('a plan as Markdown', () => {
  it('is a table of the changes, with the ids of the plans and the commands to answer them', () => {
    const awaitingApproval = { added: ['34.0.0.0/20'], removed: [] };
    const byRegion = [{ region: 'us', inForce: 2, ...NOTHING, added: ['3.5.7.9/32'], awaitingApproval }] as const;
    const target = quietTarget({
      id: 'sg-1',
      kind: 'security-group',
      outcome: 'planned',
      added: ['3.5.7.9/32'],
      awaitingApproval,
      planId: PLAN,
      error: 'Awaiting approval: too many',
      byRegion,
    });
    expect(markdownOf(target)).toBe(`### Plan of Other (account 111122223333, eu-west-1)

| target | region | change | range | note |
| --- | --- | --- | --- | --- |
| security group sg-1 | US | + add | 3.5.7.9/32 | feed of 2026-06-29 |
| security group sg-1 | US | ! not added | 34.0.0.0/20 | plan ${PLAN} awaits approval |

**Plan ${PLAN}** in security group sg-1. Awaiting approval: too many.
Approve it: \`npx intercom-allowlist approve ${PLAN} --stack Other\`. Decline it: \`npx intercom-allowlist decline ${PLAN} --stack Other\`

Apply what needs no approval: \`npx intercom-allowlist sync --stack Other\`

Run run-1; nothing was written.`);
  });

  it('says that there are no changes', () => {
    expect(markdownOf(quietTarget())).toContain('\n\nNo changes.\n\n');
  });

  it('says what failed', () => {
    expect(markdownOf(quietTarget({ outcome: 'failed', error: 'no access' }))).toContain(
      '**Failed.** Target set: no access',
    );
  });

  it('offers to approve a declined plan', () => {
    const text = markdownOf(quietTarget({ declined: PLAN, declinedBy: 'Ann' }));
    expect(text).toContain(
      `**Plan ${PLAN}** in IP set set was declined. Approve it after all: \`npx intercom-allowlist approve ${PLAN}`,
    );
  });

  it('begins with exposures and problems of guards, in bold, because they decide about the exit code', () => {
    const guards = [soundGuard({ outcome: 'exposed', problems: ['Its default action is *Allow*'] })];
    const report = reportOf({ mode: 'plan', targets: [exposedTarget()], guards });
    const [, findings] = reportMarkdown(report, STACK).split('\n\n');
    expect(findings?.split('\n')).toEqual([
      expect.stringMatching(/^- \*\*EXPOSED: security group sg-1 allows 0\.0\.0\.0\/0 at port 443 .*\*\*$/),
      '- **PROBLEM: web ACL IntercomAllowlist: Its default action is \\*Allow\\***',
    ]);
  });

  it('shows the feeds before the changes if one of them needs attention, with the reason', () => {
    const stale = freshFeed({ region: 'eu', status: 'stale', date: '2026-06-20', error: 'is 9 days old' });
    const report = reportOf({ mode: 'plan', feeds: [freshFeed(), stale] });
    const [, feeds] = reportMarkdown(report, STACK).split('\n\n');
    expect(feeds).toMatch(
      /^\| feed \| status \| date \| age \| ranges \| note \|\n\| --- .*\n\| US \| fresh .*\n\| EU \| stale \| 2026-06-20 \| .* \| 2 \| untrusted, .*: is 9 days old \|$/,
    );
    expect(markdownOf(quietTarget())).not.toContain('| feed |');
  });

  it('says why changes are blocked that no approval can apply', () => {
    const error = 'removing all 3 entries would leave the target empty';
    expect(markdownOf(quietTarget({ outcome: 'awaiting-approval', error }))).toContain(
      `\n\n**IP set set**: ${error}\n\n`,
    );
  });

  it('lets no text from outside become markup', () => {
    const text = markdownOf(quietTarget({ outcome: 'failed', error: '<img src=x> [a](b) | `c` *d*\n# e' }));
    expect(text).toContain('\\<img src=x\\> \\[a\\](b) \\| \\`c\\` \\*d\\* \\# e');
    for (const line of text.split('\n').filter((row) => row.startsWith('|'))) {
      expect(line.replaceAll('\\|', '').split('|')).toHaveLength(7);
    }
  });
});
