import { CfnMapping, Stack, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';

/** Hosts of the AWS Management Console by partition: docs.aws.amazon.com/general/latest/gr/mgmt-console.html and its siblings. */
const CONSOLE_HOSTS = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
} as const;

/** The URL of a CloudWatch dashboard. A stack that is not bound to a Region looks its partition up in a mapping of the template. */
export function dashboardUrl(scope: Construct, dashboardName: string): string {
  const { region, partition: ofStack } = Stack.of(scope);
  const partition = Token.isUnresolved(region) ? ofStack : (RegionInfo.get(region).partition ?? ofStack);
  const mapping = new CfnMapping(scope, 'Console', {
    lazy: true,
    mapping: Object.fromEntries(Object.entries(CONSOLE_HOSTS).map(([key, host]) => [key, { host }])),
  });
  const host = mapping.findInMap(partition, 'host');
  return `https://${region}.${host}/cloudwatch/home?region=${region}#dashboards/dashboards/${dashboardName}`;
}
