import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Release {
  /** The tag that was pushed, such as `v1.2.3`. */
  readonly tag: string;
  /** `owner/name` of the repository on GitHub. */
  readonly repository: string;
  readonly packageJson: { readonly version: string; readonly repository: { readonly url: string } };
  readonly changelog: string;
}

/** The reasons not to publish a release. */
export function releaseProblems({ tag, repository, packageJson, changelog }: Release): string[] {
  const { version } = packageJson;
  const url = `git+https://github.com/${repository}.git`;
  const dated = changelog.split('\n').some((line) => line.startsWith(`## [${version}] - 2`));
  return [
    ...(tag === `v${version}` ? [] : [`The tag is ${tag}, but the version in package.json is ${version}.`]),
    ...(dated ? [] : [`CHANGELOG.md has no section "## [${version}] - <date>".`]),
    ...(packageJson.repository.url === url
      ? []
      : [`The repository in package.json is ${packageJson.repository.url}, but provenance requires ${url}.`]),
  ];
}

function main(): void {
  const read = (file: string) => readFileSync(join(__dirname, '..', file), 'utf8');
  const problems = releaseProblems({
    tag: process.env.GITHUB_REF_NAME ?? '',
    repository: process.env.GITHUB_REPOSITORY ?? '',
    packageJson: JSON.parse(read('package.json')),
    changelog: read('CHANGELOG.md'),
  });
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error('Nothing was published. Correct this, then move the tag.');
    process.exitCode = 1;
  }
}

if (require.main === module) main();
