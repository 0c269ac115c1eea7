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
