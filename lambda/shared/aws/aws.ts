import { sign } from 'aws4';
import { exchange, type Request } from './exchange';
import type { AwsSettings } from './settings';

/** The services that speak AWS JSON: the prefix of their operations' names, and the version of the protocol. */
const JSON_SERVICES = {
  dynamodb: { target: 'DynamoDB_20120810', version: '1.0' },
  events: { target: 'AWSEvents', version: '1.1' },
  logs: { target: 'Logs_20140328', version: '1.1' },
  secretsmanager: { target: 'secretsmanager', version: '1.1' },
  sqs: { target: 'AmazonSQS', version: '1.0' },
} as const;

type JsonService = keyof typeof JSON_SERVICES;
type Service = JsonService | 's3';

/** Thrown when AWS refused a call, or did not answer it in time. `name` is AWS's code of the error. */
export class AwsCallError extends Error {
  constructor(
    call: string,
    override readonly name: string,
    message: string,
    /** 0 when there was no answer. */
    readonly status: number,
    /** What AWS answered, parsed. */
    readonly answer: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(`${call}: ${name}: ${message}`, options);
  }
}

/**
 * AWS calls without the SDK, which takes four times as long a call and as long to load (docs/decisions/0010-lean-aws-calls.md).
 */
export class Aws {
  constructor(private readonly settings: AwsSettings) {}

  /**
   * @param withinMs both tries together; the second is made when the first got no answer, or one that blames the service
   * @throws AwsCallError
   */
  async call<Answer>(service: JsonService, operation: string, input: object, withinMs: number): Promise<Answer> {
    const { target, version } = JSON_SERVICES[service];
    const headers = { 'Content-Type': `application/x-amz-json-${version}`, 'X-Amz-Target': `${target}.${operation}` };
    const request = this.#signed(service, 'POST', '/', headers, JSON.stringify(input));
    return JSON.parse(await twice(`${service} ${operation}`, request, withinMs));
  }

  /** Puts an object into S3. @throws AwsCallError */
  async putObject(bucket: string, key: string, body: string, withinMs: number): Promise<void> {
    const headers = { 'Content-Type': 'application/json' };
    await twice('s3 PutObject', this.#signed('s3', 'PUT', `/${bucket}/${key}`, headers, body), withinMs);
  }

  #signed(service: Service, method: string, path: string, headers: Record<string, string>, body: string): Request {
    const { region, credentials } = this.settings;
    const { protocol, hostname, port, host } = endpointOf(service, this.settings);
    const withLength = { Host: host, 'Content-Length': String(Buffer.byteLength(body)), ...headers };
    const signed = sign({ service, region, method, path, headers: withLength, body }, credentials);
    return { protocol, hostname, port, method, path, headers: signed.headers as Record<string, string>, body };
  }
}

/** What most callers need of it. */
export type AwsCalls = Pick<Aws, 'call'>;

/** @param settings of which the Region, the domain and the endpoint that takes the place of all count */
export function endpointOf(service: Service, { endpoint, region, urlSuffix }: Omit<AwsSettings, 'credentials'>): URL {
  return new URL(endpoint ?? `https://${service}.${region}.${urlSuffix}`);
}

async function twice(call: string, request: Request, withinMs: number): Promise<string> {
  try {
    return await once(call, request, withinMs / 2);
  } catch (error) {
    if (!(error instanceof AwsCallError && isTransient(error))) throw error;
    return once(call, request, withinMs / 2);
  }
}

async function once(call: string, request: Request, withinMs: number): Promise<string> {
  const { status, text } = await exchange(request, withinMs).catch((error: NodeJS.ErrnoException) => {
    throw new AwsCallError(call, error.code ?? error.name, error.message, 0, {}, { cause: error });
  });
  if (status < 300) return text;
  const answer = parseOrNothing(text);
  const [code = ''] = String(answer.__type ?? `HTTP ${status}`)
    .split('#')
    .slice(-1);
  throw new AwsCallError(call, code, String(answer.message ?? answer.Message ?? ''), status, answer);
}

/** Whether the same call may well succeed at once: no answer, the service's own fault, or throttled. */
function isTransient({ status, name }: AwsCallError): boolean {
  return status === 0 || status >= 500 || status === 429 || /Throttl|ThroughputExceeded|LimitExceeded/.test(name);
}

function parseOrNothing(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
