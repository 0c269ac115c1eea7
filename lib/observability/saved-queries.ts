import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** The logs that queries read. */
export type QueriedLog = 'sync' | 'receiver' | 'blocked';

/** A query of CloudWatch Logs Insights. */
export interface SavedQuery {
  /** Its name in the folder of the stack's name. */
  readonly name: string;
  readonly log: QueriedLog;
  readonly fields: readonly string[];
  /** Regular expressions that a record's text must all match: the records are JSON, whose keys come in a fixed order. */
  readonly matching: readonly string[];
  readonly limit: number;
  /** Counts the records by the fields, the most frequent first, instead of showing each. @default false */
  readonly count?: boolean;
}

const DIFF = '"record":"diff"';

/** What operations teams look for, each in one query. Run over the last 30 days unless said otherwise. */
export const SAVED_QUERIES = {
  diffs: {
    name: 'Range diffs',
    log: 'sync',
    fields: ['message', 'region', 'target', 'outcome', 'feedDate', 'inForce'],
    // What waits is said by each run: in a month it would push out what changed.
    matching: [DIFF, '"mode":"apply"', '"(added|removed)":\\["'],
    limit: 1000,
  },
  waiting: {
    name: 'Pending and awaiting approval',
    log: 'sync',
    fields: ['message', 'region', 'target', 'planId', 'feedDate'],
    matching: [DIFF, '"(pending|awaitingApprovalAdded|awaitingApprovalRemoved)":\\["'],
    limit: 1000,
  },
  drift: {
    name: 'Drift',
    log: 'sync',
    fields: ['message', 'region', 'target', 'runId'],
    matching: [DIFF, '"mode":"apply"', '"drift":\\["'],
    limit: 1000,
  },
  failures: {
    name: 'Failed targets and runs',
    log: 'sync',
    fields: ['message', 'runId'],
    matching: ['"level":"ERROR"'],
    limit: 1000,
  },
  blocked: {
    name: 'Blocked source addresses',
    log: 'blocked',
    fields: [
      'httpRequest.clientIp',
      'httpRequest.country',
      'httpRequest.httpMethod',
      'httpRequest.uri',
      'terminatingRuleId',
    ],
    matching: ['"action":"BLOCK"'],
    limit: 1000,
  },
  invalidSignature: {
    name: 'Invalid signatures',
    log: 'receiver',
    fields: ['sourceIp', 'bytes', 'requestId', 'status'],
    matching: ['"outcome":"invalid-signature"'],
    limit: 1000,
  },
  topics: {
    name: 'Notifications by topic',
    log: 'receiver',
    fields: ['notification.topic'],
    matching: ['"outcome":"(ping|published|overflowed)"'],
    limit: 1000,
    count: true,
  },
} as const satisfies Record<string, SavedQuery>;

export interface SavedQueriesProps {
  /** The folder of the queries: the stack's name. */
  readonly name: string;
  readonly logs: Readonly<Record<QueriedLog, ILogGroup>>;
}

/** The saved queries of a stack, in Logs Insights under its name. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { name, logs }: SavedQueriesProps) {
    super(scope, id);
    for (const [key, query] of Object.entries(SAVED_QUERIES)) {
      new QueryDefinition(this, key, {
        queryDefinitionName: `${name}/${query.name}`,
        queryString: new QueryString(queryParts(query)),
        logGroups: [logs[query.log]],
      });
    }
  }
}

/** @returns the query as one text, as Logs Insights takes it */
export function queryText(query: SavedQuery): string {
  return queryLines(query).join('\n| ');
}

/** @returns its commands, one each, as a widget of a dashboard takes them */
export function queryLines(query: SavedQuery): string[] {
  const { fields, filterStatements, statsStatements, sort, limit } = queryParts(query);
  return [
    `fields ${fields.join(', ')}`,
    ...filterStatements.map((statement) => `filter ${statement}`),
    ...statsStatements.map((statement) => `stats ${statement}`),
    `sort ${sort}`,
    `limit ${limit}`,
  ];
}

function queryParts({ fields, matching, limit, count = false }: SavedQuery) {
  return {
    fields: ['@timestamp', ...fields],
    filterStatements: matching.map((pattern) => `@message like /${pattern}/`),
    statsStatements: count ? [`count(*) as notifications by ${fields.join(', ')}`] : [],
    sort: count ? 'notifications desc' : '@timestamp desc',
    limit,
  };
}
