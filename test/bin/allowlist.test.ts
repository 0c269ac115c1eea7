import { runAllowlist } from '../integration/terminal';

const run = (args: string) =>
  runAllowlist(args.split(' '), { PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: 'true' });

test.each(['status', 'plan', 'sync', 'approve', 'decline', 'explain', 'history', 'send-test'])(
  'allowlist %s --help lists the options and the exit codes',
  async (command) => {
    const { code, stdout, stderr } = await run(`${command} --help`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: allowlist ${command}`);
    for (const option of ['--stack', '--region', '--profile', '--json']) expect(stdout).toContain(option);
    expect(stdout).toContain('Exit codes: 0 success, 1 error, 2 a plan has changes, 3 something awaits approval');
  },
);

test.each([
  ['aprove 0123456789ab', /unknown command 'aprove'\s+\(Did you mean approve\?\)/],
  ['approve 0123', /'0123' is invalid .* Allowed: the id of a plan that awaits approval, 12 hexadecimal digits\./],
  ['explain 34.197.76', /'34\.197\.76' is invalid .* Allowed: dotted IPv4 or IPv6, with or without \/prefix\./],
  ['decline 0123', /'0123' is invalid .* Allowed: the id of a plan that awaits approval, 12 hexadecimal digits\./],
  ['history --days 4000', /'4000' is invalid\. Allowed: a whole number of days, 1 to 3653\./],
  ['history --since yesterday', /'yesterday' is invalid\. Allowed: a day or time in UTC, such as 2026-11-01/],
  ['history --until 2026-02-30', /'2026-02-30' is invalid\. Allowed: a day or time in UTC/],
  ['history --intercom-region uk', /'uk' is invalid\. Allowed: us, eu, au\./],
  ['send-test --url ftp://example.com', /is invalid\. Allowed: an http: or https: URL\./],
])('allowlist %s fails with one line and exit code 1, without calling AWS', async (args, message) => {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(message);
});
