import { Env } from '../names';

/** Where calls go and who makes them. Lambda puts all of it into the environment. */
export interface AwsSettings {
  /** The AWS Region. */
  readonly region: string;
  /** The domain of AWS in this partition, such as `amazonaws.com`. */
  readonly urlSuffix: string;
  /** Takes the place of every service's own endpoint. */
  readonly endpoint: string | undefined;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** What Lambda, and whoever runs its functions elsewhere, says in the environment. */
export function readAwsSettings(env: NodeJS.ProcessEnv): AwsSettings {
  const sessionToken = env.AWS_SESSION_TOKEN;
  return {
    region: env.AWS_REGION ?? '',
    urlSuffix: env[Env.urlSuffix] ?? '',
    endpoint: env.AWS_ENDPOINT_URL,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  };
}
