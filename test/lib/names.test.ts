import { ALB, EXISTING, resourcesOf, synthesize } from './template';

/** The longest stack name that the configuration allows. */
const STACK_NAME = 'N'.repeat(93);

/** Limits of AWS for every property that is made from the stack's name, in characters. */
const LIMITS: Readonly<Record<string, number>> = {
  'AWS::ApiGateway::RestApi Name': 1024,
  'AWS::CloudWatch::Alarm AlarmDescription': 1024,
  'AWS::CloudWatch::Alarm AlarmName': 255,
  'AWS::CloudWatch::Alarm Dimensions.Value': 1024,
  'AWS::CloudWatch::Dashboard DashboardName': 255,
  'AWS::Events::EventBus Name': 256,
  'AWS::Logs::LogGroup LogGroupName': 512,
  'AWS::Logs::QueryDefinition Name': 255,
  'AWS::RAM::ResourceShare Name': 255,
  'AWS::SNS::Topic DisplayName': 100,
  'AWS::SSM::Parameter Name': 1011,
  'AWS::WAFv2::RuleGroup Name': 128,
  'AWS::WAFv2::RuleGroup VisibilityConfig.MetricName': 128,
  'AWS::WAFv2::WebACL Name': 128,
  'AWS::WAFv2::WebACL VisibilityConfig.MetricName': 128,
  'Custom::IntercomAllowlistIpSet Name': 128,
  'Custom::IntercomAllowlistIpSet Description': 256,
  'Custom::IntercomAllowlistPrefixList Name': 255,
};

/** Documents, whose own limits other tests hold, and values that name nothing. */
const OTHER = /PolicyDocument|DashboardBody|Environment\.Variables/;

const VARIANTS = {
  'api-gateway': {},
  alb: { ...ALB, prefixLists: 'create-and-reference' },
  'no ingress': EXISTING,
};

function named(path: string, value: unknown): [path: string, text: string][] {
  if (typeof value === 'string') return value.includes(STACK_NAME) ? [[path, value]] : [];
  if (Array.isArray(value)) return value.flatMap((item) => named(path, item));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => named(path === '' ? key : `${path}.${key}`, item));
}

describe.each(Object.entries(VARIANTS))('at the longest stack name, with %s', (_variant, context) => {
  const resources = Object.values(resourcesOf(synthesize({ ...context, stackName: STACK_NAME })));
  const names = resources.flatMap(({ Type, Properties }) =>
    named('', Properties).flatMap(([path, text]) => (OTHER.test(path) ? [] : [{ property: `${Type} ${path}`, text }])),
  );

  it('no name exceeds the limit of its service', () => {
    expect(names.length).toBeGreaterThan(20);
    // A property without a known limit is one that is too long.
    expect(names.filter(({ property, text }) => text.length > (LIMITS[property] ?? 0))).toEqual([]);
  });
});

it('no name is longer than that of a topic allows, so the configuration allows no more', () => {
  const used = Object.values(resourcesOf(synthesize({ stackName: STACK_NAME }), 'AWS::SNS::Topic'));
  const lengths = used.map(({ Properties }) => Properties.DisplayName?.length);
  expect(Math.max(...lengths)).toBe(LIMITS['AWS::SNS::Topic DisplayName']);
});

it('the delivery stream of the access log has a name that does not depend on the stack name', () => {
  const [stream] = Object.values(
    resourcesOf(synthesize({ stackName: STACK_NAME }), 'AWS::KinesisFirehose::DeliveryStream'),
  );
  // A UUID is filled in.
  const name = String(stream?.Properties.DeliveryStreamName).replace(/<.*>/, 'x'.repeat(36));
  expect(name.length).toBeLessThanOrEqual(64);
});
