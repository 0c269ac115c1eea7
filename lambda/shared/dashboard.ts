/** Where the console shows a dashboard. */
export function dashboardUrl(awsRegion: string, name: string): string {
  return `https://${awsRegion}.console.aws.amazon.com/cloudwatch/home?region=${awsRegion}#dashboards/dashboards/${name}`;
}
