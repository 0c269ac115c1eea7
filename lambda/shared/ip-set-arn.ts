import { InvalidConfigError } from './errors';

/** The parameters by which WAF's API identifies an IP set. */
export interface IpSetName {
  readonly Name: string;
  readonly Id: string;
  readonly Scope: 'REGIONAL';
}

/**
 * The parts of `arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/{name}/{id}`.
 *
 * @throws InvalidConfigError when it is no ARN of a regional IP set.
 */
export function parseIpSetArn(arn: string, key = 'IP set'): IpSetName {
  const match = /^arn:[\w-]+:wafv2:[\w-]+:\d{12}:regional\/ipset\/([\w-]+)\/([\w-]+)$/.exec(arn);
  if (!match) throw new InvalidConfigError(key, arn, 'the ARN of a regional WAF IP set');
  const [, Name = '', Id = ''] = match;
  return { Name, Id, Scope: 'REGIONAL' };
}
