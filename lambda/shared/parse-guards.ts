import * as v from 'valibot';
import { InvalidConfigError } from './errors';
import type { GuardSetting } from './guards';

const Text = v.pipe(v.string(), v.nonEmpty());
const Texts = v.pipe(v.array(Text), v.nonEmpty());

const Guard = v.variant('kind', [
  v.strictObject({
    kind: v.literal('web-acl'),
    id: Text,
    mode: v.picklist(['block', 'count']),
    protects: Texts,
    ipSets: Texts,
  }),
  v.strictObject({ kind: v.literal('api-stage'), id: Text, vpcEndpoint: v.exactOptional(Text) }),
  v.strictObject({
    kind: v.literal('load-balancer'),
    id: Text,
    listener: Text,
    securityGroups: Texts,
    hostName: v.exactOptional(Text),
  }),
  v.strictObject({ kind: v.literal('security-group'), id: Text, admits: Texts }),
  v.strictObject({ kind: v.literal('receiver'), id: Text, secret: Text, queue: Text }),
]);

/** Reads the guards that the stack names. @throws InvalidConfigError */
export function parseGuards(text: string, key: string): GuardSetting[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.array(Guard)), text);
  if (parsed.success) return parsed.output;
  const [{ message }] = parsed.issues;
  throw new InvalidConfigError(key, text, `the guards as the stack writes them (${message}); deploy the stack again`);
}
