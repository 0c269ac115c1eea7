import { closedEnvironment } from '../local/closed-environment';

/**
 * What Lambda and the stack put into the environment of every function, and nothing of this shell's.
 *
 * @param endpoint takes the place of AWS
 */
export function functionEnvironment(endpoint: string, home: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _guard, ...env } = closedEnvironment(endpoint, home);
  return {
    ...env,
    STACK_NAME: 'Bench',
    REGIONS: 'us,eu,au',
    FEED_BASE_URL: endpoint,
    STATE_TABLE: 'bench',
    REMOVAL_GRACE_HOURS: '24',
    MAX_REMOVAL_SHARE: '0.5',
    RULES_PER_SECURITY_GROUP: '60',
    CLIENT_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:bench',
    EVENT_BUS_NAME: 'bench',
    DEDUPLICATION_TABLE: 'bench',
    OVERFLOW_QUEUE_URL: `${endpoint}/000000000000/bench`,
    OVERFLOW_BUCKET: 'bench',
    SYNC_LOG_GROUP: 'bench',
    WIDGET_ACTIONS: 'arn:aws:lambda:us-east-1:000000000000:function:bench-actions',
    SYNC_FUNCTION: 'arn:aws:lambda:us-east-1:000000000000:function:bench-sync',
  };
}
