import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../bin/bundle';
import { SyncMetric } from '../../lambda/shared/metrics';
import { readConfig } from '../../lib/config';
import { newApp, resourcesOf, synthesize } from '../lib/template';

const page = readFileSync(join(ROOT, 'docs', 'real-account.md'), 'utf8');
const found = (pattern: RegExp) => [...new Set([...page.matchAll(pattern)].map(([, one = '']) => one))];

/** The first deployment of the checklist. */
const CONTEXT = {
  stackName: 'AllowlistCheck',
  intercomRegions: 'us',
  prefixLists: 'create',
  alarmEmail: 'a@example.com',
};

describe('the checklist for a real account', () => {
  test('names files that are there', () => {
    const files = found(/`(test\/[^`]+)`/g);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  test('deploys with context keys that there are', () => {
    const keys = found(/-c (\w+)=/g);
    const known = Object.keys(readConfig(newApp(CONTEXT).node.getAllContext()));
    expect(keys).toEqual(expect.arrayContaining([...Object.keys(CONTEXT), 'webAclMode', 'ingress']));
    expect(keys.filter((key) => !known.includes(key) && key !== 'domainName' && key !== 'certificateArn')).toEqual([]);
  });

  test('prints outputs that the stack has', () => {
    const outputs = found(/\bout (\w+)/g).filter((name) => /^[A-Z]/.test(name));
    expect(outputs).toContain('WebhookUrl');
    expect(Object.keys(synthesize(CONTEXT).toJSON().Outputs)).toEqual(expect.arrayContaining(outputs));
  });

  test('sets an alarm and expects a metric that there are', () => {
    const alarms = Object.values(resourcesOf(synthesize(CONTEXT), 'AWS::CloudWatch::Alarm'));
    const names = alarms.map(({ Properties }) => Properties.AlarmName);
    expect(names).toEqual(expect.arrayContaining(found(/--alarm-name (\S+)/g)));
    expect(page).toContain(`\`${SyncMetric.goodRuns}\``);
  });
});
