import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { parseClientSecrets } from '../shared/client-secret';
import { AllowlistError, messageWithCode } from '../shared/errors';
import type { Deadline } from './deadline';
import { type ClientSecret, type Match, matchesOf, type Signature } from './signature';

/** Thrown while the secret still holds its placeholder: no signature can be verified, so nothing is accepted. */
export class NoClientSecretError extends AllowlistError {
  override readonly name = 'NoClientSecretError';

  constructor(secretArn: string) {
    super(
      `Secret ${secretArn} holds no client secret yet, so no signature can be verified and no notification is accepted. Store the ` +
        'client secret of your Intercom app (Developer Hub, Basic information), or those of several apps, one per line: aws ' +
        `secretsmanager put-secret-value --secret-id ${secretArn} --secret-string <client secret>`,
    );
  }
}

/** Thrown when Secrets Manager is unavailable and no client secret is cached. */
export class ClientSecretUnavailableError extends AllowlistError {
  override readonly name = 'ClientSecretUnavailableError';

  constructor(secretArn: string, cause: unknown) {
    super(
      `Secret ${secretArn} could not be read: ${messageWithCode(cause)}. No notification is accepted until it can be read. If this ` +
        'persists, check whether the secret was deleted or its policy changed',
      { cause },
    );
  }
}

/** A secret that was replaced twice, or withdrawn, stops being valid within this time. */
const MAX_AGE_MS = 5 * 60 * 1000;
/** However many signatures are unknown, an instance of the function looks for new secrets at most this often. */
const UNKNOWN_SIGNATURE_PAUSE_MS = 30 * 1000;
/** While Secrets Manager is unavailable, a request waits for it at most this often. */
const UNAVAILABLE_PAUSE_MS = 30 * 1000;
/** With cached secrets, a read leaves this much for claiming and publishing. Without any, the request fails without the read. */
const DELIVERY_RESERVE_MS = 1500;

/**
 * Intercom's client secrets, one per app, in their current version and the previous one, so that a rotation loses nothing whichever
 * side changes first. Each instance of the function caches them.
 */
export class ClientSecrets {
  #known: readonly ClientSecret[] | undefined;
  #readAgainAt = 0;
  #lookAgainAt = 0;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly secretsManager: SecretsManagerClient,
    private readonly secretArn: string,
    private readonly warn: (message: string, reason: string) => void,
  ) {}

  /**
   * Which of the secrets a body is signed with. Signatures that match none may belong to a secret that was just stored, so the
   * secrets are read again, unless that happened in the last 30 seconds.
   *
   * @throws NoClientSecretError @throws ClientSecretUnavailableError
   */
  async verify(body: Buffer, signatures: readonly Signature[], deadline: Deadline): Promise<readonly Match[]> {
    if (Date.now() < this.#readAgainAt) {
      const matches = this.#matches(body, signatures);
      if (matches.length > 0) return matches;
      await this.#lookForNewOnes(deadline);
    } else await this.#read(deadline);
    if (this.#known?.length === 0) throw new NoClientSecretError(this.secretArn);
    return this.#matches(body, signatures);
  }

  async #lookForNewOnes(deadline: Deadline): Promise<void> {
    // A request that comes while another one reads the secrets waits for that read.
    if (Date.now() < this.#lookAgainAt) return this.#reading;
    this.#lookAgainAt = Date.now() + UNKNOWN_SIGNATURE_PAUSE_MS;
    return this.#read(deadline);
  }

  #matches(body: Buffer, signatures: readonly Signature[]): Match[] {
    return matchesOf(body, signatures, this.#known ?? []);
  }

  #read(deadline: Deadline): Promise<void> {
    this.#reading ??= this.#readBoth(deadline).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Cached secrets stay valid while Secrets Manager is unavailable: rejecting notifications would only lose them. */
  async #readBoth(deadline: Deadline): Promise<void> {
    const readBy = this.#known ? deadline.before(DELIVERY_RESERVE_MS) : deadline;
    try {
      const [current, previous] = await Promise.all([
        this.#readVersion('AWSCURRENT', readBy),
        this.#readVersion('AWSPREVIOUS', readBy),
      ]);
      this.#known = clientSecretsIn(current, previous);
      this.#readAgainAt = Date.now() + MAX_AGE_MS;
    } catch (error) {
      if (this.#known === undefined) throw new ClientSecretUnavailableError(this.secretArn, error);
      this.#readAgainAt = Date.now() + UNAVAILABLE_PAUSE_MS;
      this.warn(
        'Secrets Manager is unavailable: the receiver keeps using the cached client secrets',
        messageWithCode(error),
      );
    }
  }

  /** @returns an empty text if there is no previous version */
  async #readVersion(VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS', deadline: Deadline): Promise<string> {
    const command = new GetSecretValueCommand({ SecretId: this.secretArn, VersionStage });
    try {
      const { SecretString } = await deadline.hedgedCall((abortSignal) =>
        this.secretsManager.send(command, { abortSignal }),
      );
      return SecretString ?? '';
    } catch (error) {
      const absent = error instanceof Error && error.name === 'ResourceNotFoundException';
      if (absent && VersionStage === 'AWSPREVIOUS') return '';
      throw error;
    }
  }
}

/** The secrets of both versions, each value once: a rotation of one app leaves those of the others as they are. */
function clientSecretsIn(current: string, previous: string): ClientSecret[] {
  const secrets = new Map<string, ClientSecret>();
  for (const [version, text] of [
    ['previous', previous],
    ['current', current],
  ] as const) {
    for (const secret of parseClientSecrets(text).secrets) secrets.set(secret.value, { ...secret, version });
  }
  return [...secrets.values()];
}
