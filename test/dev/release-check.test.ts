import { type Release, releaseProblems } from '../../dev/release-check';

const RELEASE: Release = {
  tag: 'v1.2.3',
  repository: 'owner/name',
  packageJson: { version: '1.2.3', repository: { url: 'git+https://github.com/owner/name.git' } },
  changelog: '# Changelog\n\n## [1.2.3] - 2026-11-26\n',
};

test('a release is published if tag, version, changelog and repository agree', () => {
  expect(releaseProblems(RELEASE)).toEqual([]);
});

test.each<[what: string, change: Partial<Release>, problem: string]>([
  ['another tag than the version', { tag: 'v1.2.4' }, 'The tag is v1.2.4, but the version in package.json is 1.2.3.'],
  [
    'a changelog without a date for the version',
    { changelog: '## [1.2.3] - Unreleased\n' },
    'CHANGELOG.md has no section "## [1.2.3] - <date>".',
  ],
  [
    'another repository than that of the package',
    { repository: 'owner/fork' },
    'The repository in package.json is git+https://github.com/owner/name.git, but provenance requires ' +
      'git+https://github.com/owner/fork.git.',
  ],
])('%s stops a release', (_what, change, problem) => {
  expect(releaseProblems({ ...RELEASE, ...change })).toEqual([problem]);
});
