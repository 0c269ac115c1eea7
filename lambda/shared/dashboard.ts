/** Hosts of the AWS Management Console by partition: docs.aws.amazon.com/general/latest/gr/mgmt-console.html and its siblings. */
export const CONSOLE_HOSTS = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
} as const;

/** Where the console shows a dashboard. The name of a partition is the start of the names of its AWS Regions. */
export function dashboardLink(awsRegion: string, dashboardName: string): string {
  const partition = (['aws-cn', 'aws-us-gov', 'aws-eusc'] as const).find((name) => awsRegion.startsWith(name.slice(4)));
  const host = CONSOLE_HOSTS[partition ?? 'aws'];
  return `https://${awsRegion}.${host}/cloudwatch/home?region=${awsRegion}#dashboards/dashboards/${dashboardName}`;
}
