import { InvalidConfigError } from './errors';

export interface NumberLimits {
  readonly min: number;
  readonly max: number;
  /** @default false */
  readonly whole?: boolean;
}

/** The numbers that an operator may set, and their limits. The stack and the function apply the same ones. */
export const LIMITS = {
  removalGraceHours: { min: 0, max: 24 * 30 },
  maxRemovalShare: { min: 0, max: 1 },
  /** AWS raises the quota to a thousand at most, for one security group per interface. */
  rulesPerSecurityGroup: { min: 1, max: 1000, whole: true },
  /** docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
  prefixListMaxEntries: { min: 1, max: 1000, whole: true },
} as const satisfies Record<string, NumberLimits>;

/** How long Amazon CloudWatch Logs can keep a log: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** The days that a log is kept. @throws InvalidConfigError */
export function parseRetentionDays(text: string, key: string): number {
  const days = RETENTION_DAYS.find((allowed) => String(allowed) === text);
  if (days === undefined) throw new InvalidConfigError(key, text, `${RETENTION_DAYS.join(', ')} days`);
  return days;
}

/**
 * A number in plain decimal notation.
 *
 * @throws InvalidConfigError
 */
export function parseNumber(text: string, key: string, { min, max, whole = false }: NumberLimits): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= min && number <= max) || (whole && !Number.isInteger(number))) {
    throw new InvalidConfigError(key, text, `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
  }
  return number;
}
