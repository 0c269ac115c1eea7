import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../cdk.json';
import { readConfig } from '../lib/config';
import { IntercomAllowlistStack } from '../lib/intercom-allowlist-stack';

const CERTIFICATE_ARN = 'arn:aws:acm:us-east-1:111122223333:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

/** What an edge needs to be told. */
export const EDGES = {
  regional: { edge: 'regional' },
  alb: { edge: 'alb', domainName: 'bench.example.com', certificateArn: CERTIFICATE_ARN },
} as const;
export type EdgeName = keyof typeof EDGES;

/**
 * The template of a stack with one edge and else the defaults.
 *
 * @param outdir a folder to synthesize into
 */
export function templateOf(edge: EdgeName, outdir: string): Template {
  const app = new App({ outdir, context: cdkJson.context });
  return Template.fromStack(new IntercomAllowlistStack(app, 'Bench', { config: readConfig(EDGES[edge]) }));
}
