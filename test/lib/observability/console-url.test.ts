import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { dashboardUrl } from '../../../lib/observability/console-url';

function synthesizeUrl(region?: string) {
  const app = new App({ context: { '@aws-cdk/core:enablePartitionLiterals': true } });
  const stack = new Stack(app, 'Stack', region === undefined ? {} : { env: { region } });
  new CfnOutput(stack, 'Url', { value: dashboardUrl(stack, 'Hooks') });
  const { Mappings, Outputs } = Template.fromStack(stack).toJSON();
  return { Mappings, url: Outputs.Url.Value };
}

describe('the URL of the dashboard leads to the console of its partition', () => {
  it.each([
    ['eu-west-1', 'eu-west-1.console.aws.amazon.com'],
    ['us-gov-west-1', 'us-gov-west-1.console.amazonaws-us-gov.com'],
    ['cn-north-1', 'cn-north-1.console.amazonaws.cn'],
    ['eusc-de-east-1', 'eusc-de-east-1.console.amazonaws-eusc.eu'],
  ])('in %s', (region, host) => {
    const { Mappings, url } = synthesizeUrl(region);
    expect(url).toBe(`https://${host}/cloudwatch/home?region=${region}#dashboards/dashboards/Hooks`);
    expect(Mappings).toBeUndefined();
  });

  it('in a stack that is not bound to a Region, by a mapping of the template', () => {
    const { Mappings, url } = synthesizeUrl();
    expect(Mappings).toEqual({
      Console: {
        aws: { host: 'console.aws.amazon.com' },
        'aws-cn': { host: 'console.amazonaws.cn' },
        'aws-us-gov': { host: 'console.amazonaws-us-gov.com' },
        'aws-eusc': { host: 'console.amazonaws-eusc.eu' },
      },
    });
    expect(url['Fn::Join'][1]).toContainEqual({ 'Fn::FindInMap': ['Console', { Ref: 'AWS::Partition' }, 'host'] });
  });
});
