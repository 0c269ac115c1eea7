import { CfnMapping, Stack, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';
import { CONSOLE_HOSTS } from '../../lambda/shared/dashboard';

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
