import { InvalidConfigError } from './errors';

/** The AWS Region of everything that WAF keeps for CloudFront: docs.aws.amazon.com/waf/latest/APIReference/API_IPSet.html */
export const CLOUDFRONT_REGION = 'us-east-1';

/** The parameters by which WAF's API identifies an IP set. */
export interface IpSetName {
  readonly Name: string;
  readonly Id: string;
  readonly Scope: 'REGIONAL' | 'CLOUDFRONT';
}

/**
 * The parts of `arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/{name}/{id}`, or of `arn:aws:wafv2:us-east-1:...:global/ipset/...`,
 * which is an IP set for CloudFront.
 *
 * @throws InvalidConfigError if it is not the ARN of an IP set
 */
export function parseIpSetArn(arn: string, key = 'IP set'): IpSetName {
  const match = /^arn:[\w-]+:wafv2:([\w-]+):\d{12}:(regional|global)\/ipset\/([\w-]+)\/([\w-]+)$/.exec(arn);
  const [, region, scope, Name = '', Id = ''] = match ?? [];
  if (!match || (scope === 'global' && region !== CLOUDFRONT_REGION)) {
    throw new InvalidConfigError(
      key,
      arn,
      `the ARN of a regional WAF IP set, or of a global one in ${CLOUDFRONT_REGION}`,
    );
  }
  return { Name, Id, Scope: scope === 'global' ? 'CLOUDFRONT' : 'REGIONAL' };
}

/** Whether an ARN names an IP set for CloudFront. */
export function isGlobalIpSet(arn: string): boolean {
  return arn.includes(':global/');
}
