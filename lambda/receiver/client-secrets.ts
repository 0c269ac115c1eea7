import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AllowlistError, messageWithCode } from '../shared/errors';
import type { Deadline } from './deadline';
import { isSigned } from './signature';

/** Thrown while nobody has put Intercom's client secret in. Nothing can be checked then, so nothing is accepted. */
export class NoClientSecretError extends AllowlistError {
  override readonly name = 'NoClientSecretError';

  constructor(secretArn: string) {
    super(
      `Secret ${secretArn} holds no client secret yet, so no signature can be checked and no notification is accepted. Put the ` +
        'client secret of your Intercom app in its place (Developer Hub, Basic information): aws secretsmanager put-secret-value ' +
        `--secret-id ${secretArn} --secret-string <client secret>`,
    );
  }
}

/** Thrown when Secrets Manager is unavailable and no client secret is cached. */
export class ClientSecretUnavailableError extends AllowlistError {
  override readonly name = 'ClientSecretUnavailableError';

  constructor(secretArn: string, cause: unknown) {
    super(
      `Secret ${secretArn} could not be read: ${messageWithCode(cause)}. No notification is accepted before it can be. If this does not ` +
        'pass by itself, look whether the secret was deleted or its policy changed',
      { cause },
    );
  }
}

/** A secret that was replaced twice, or taken back, stops being valid within this time. */
const MAX_AGE_MS = 5 * 60 * 1000;
/** However many signatures are unknown, they make one instance of the function look for new secrets no more often than this. */
const UNKNOWN_SIGNATURE_PAUSE_MS = 30 * 1000;
/** While Secrets Manager is unavailable, a request waits for it at most this often. */
const UNAVAILABLE_PAUSE_MS = 30 * 1000;
/** Claiming, publishing and storing need this much after the secrets were read. */
const DELIVERY_RESERVE_MS = 1500;

/**
 * Intercom's client secret, the version in force and the one before, so that a rotation loses nothing whichever side changes
 * first. Both are kept in memory, one pair an instance of the function.
 */
export class ClientSecrets {
  #known: readonly string[] | undefined;
  #readAgainAt = 0;
  #lookAgainAt = 0;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly secretsManager: SecretsManagerClient,
    private readonly secretArn: string,
    private readonly warn: (message: string, reason: string) => void,
  ) {}

  /**
   * Whether a body is signed with one of the secrets. A signature that fits none may be of a secret that was just put in, so
   * then the secrets are read anew, unless that was done in the last 30 seconds.
   *
   * @throws NoClientSecretError @throws ClientSecretUnavailableError
   */
  async verify(body: Buffer, digest: Buffer, deadline: Deadline): Promise<boolean> {
    if (Date.now() >= this.#readAgainAt) await this.#read(deadline);
    else if (!this.#fits(body, digest)) await this.#lookForNewOnes(deadline);
    if (this.#known?.length === 0) throw new NoClientSecretError(this.secretArn);
    return this.#fits(body, digest);
  }

  async #lookForNewOnes(deadline: Deadline): Promise<void> {
    // Whoever comes while another one's look is under way waits for what it finds.
    if (Date.now() < this.#lookAgainAt) return this.#reading;
    this.#lookAgainAt = Date.now() + UNKNOWN_SIGNATURE_PAUSE_MS;
    return this.#read(deadline);
  }

  #fits(body: Buffer, digest: Buffer): boolean {
    return (this.#known ?? []).some((secret) => isSigned(body, digest, secret));
  }

  #read(deadline: Deadline): Promise<void> {
    this.#reading ??= this.#readBoth(deadline).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Cached secrets stay valid while Secrets Manager is unavailable: losing notifications would help nobody. */
  async #readBoth(deadline: Deadline): Promise<void> {
    try {
      const versions = await Promise.all([
        this.#readVersion('AWSCURRENT', deadline),
        this.#readVersion('AWSPREVIOUS', deadline),
      ]);
      this.#known = versions.filter((secret) => secret !== undefined);
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

  /** @returns undefined where there is no such version, or only the placeholder */
  async #readVersion(VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS', deadline: Deadline): Promise<string | undefined> {
    const command = new GetSecretValueCommand({ SecretId: this.secretArn, VersionStage });
    try {
      const { SecretString } = await deadline.hedgedCall(DELIVERY_RESERVE_MS, (abortSignal) =>
        this.secretsManager.send(command, { abortSignal }),
      );
      return clientSecretIn(SecretString ?? '');
    } catch (error) {
      const absent = error instanceof Error && error.name === 'ResourceNotFoundException';
      if (absent && VersionStage === 'AWSPREVIOUS') return undefined;
      throw error;
    }
  }
}

/**
 * A secret is the whole text, without white space around it. The placeholder that the stack makes is a JSON object, and so is
 * what the console's form of keys and values stores: neither is a client secret, and no client secret of Intercom begins so.
 */
function clientSecretIn(text: string): string | undefined {
  const secret = text.trim();
  return secret === '' || secret.startsWith('{') ? undefined : secret;
}
