import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { WOULD_BE_BLOCKED } from '../../lambda/shared/constants';
import { physicalName } from '../physical-name';

/** The log that a query reads. */
export type QueriedLog = 'sync' | 'receiver' | 'blocked';

/** A CloudWatch Logs Insights query. */
export interface SavedQuery {
  /** Name of the query, in the folder. */
  readonly name: string;
  readonly log: QueriedLog;
  readonly fields: readonly string[];
  /** Regular expressions that the text of a record must match. The records are JSON with keys in a fixed order. */
  readonly matching: readonly string[];
  readonly limit: number;
  /** Counts the records by these fields, most frequent first, instead of listing them. @default false */
  readonly count?: boolean;
}

const DIFF = '"record":"diff"';

/** The queries that operations teams need. */
export const SAVED_QUERIES = {
  diffs: {
    name: 'Range diffs',
    log: 'sync',
    fields: ['message', 'region', 'target', 'outcome', 'feedDate', 'inForce'],
    // Every run reports pending changes: over a month they would push the completed changes out of the result.
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
  exposures: {
    name: 'Exposures',
    log: 'sync',
    fields: ['message', 'target', 'guard', 'accepted', 'runId'],
    matching: ['"record":"(exposure|guard)"'],
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
    matching: [`"action":"BLOCK"|"ruleId":"${WOULD_BE_BLOCKED}"`],
    limit: 1000,
  },
  invalidSignature: {
    name: 'Invalid signatures',
    log: 'receiver',
    fields: ['sourceIp', 'bytes', 'bodySha256', 'requestId', 'status'],
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

/** Properties of `SavedQueries`. */
export interface SavedQueriesProps {
  /**
   * Name of the folder that holds the queries.
   *
   * @default - a unique name, derived from the path of the construct
   */
  readonly folder?: string | undefined;
  /** Log group of an `AllowlistSync`. @default - no queries about runs */
  readonly syncLog?: ILogGroup | undefined;
  /** Log group of a `Receiver`. @default - no queries about notifications */
  readonly receiverLog?: ILogGroup | undefined;
  /** Log of a `WebAcl`. @default - no query about blocked requests */
  readonly blockedRequestsLog?: ILogGroup | undefined;
}

/** Saved CloudWatch Logs Insights queries, in one folder. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, props: SavedQueriesProps) {
    super(scope, id);
    const folder = physicalName(this, props.folder);
    const logs = { sync: props.syncLog, receiver: props.receiverLog, blocked: props.blockedRequestsLog };
    for (const [key, query] of Object.entries(SAVED_QUERIES)) {
      const log = logs[query.log];
      if (!log) continue;
      new QueryDefinition(this, key, {
        queryDefinitionName: `${folder}/${query.name}`,
        queryString: new QueryString(queryParts(query)),
        logGroups: [log],
      });
    }
  }
}

/** @returns the text of the query for Logs Insights */
export function queryText(query: SavedQuery): string {
  return queryLines(query).join('\n| ');
}

/** @returns the commands of the query, one per line, for a dashboard widget */
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
