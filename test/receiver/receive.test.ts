import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { signatureOf } from '../../bin/allowlist/intercom';
import { ClientSecrets } from '../../lambda/receiver/client-secrets';
import { Deadline } from '../../lambda/receiver/deadline';
import type { Delivery } from '../../lambda/receiver/delivery';
import type { Notification } from '../../lambda/receiver/notification';
import { receive } from '../../lambda/receiver/receive';
import { bodySignatureOf, SECRET, textWith } from './builders';

const CANVAS = '{"workspace_id":"a86dr8yl","component_id":"submit"}';
/** Computed elsewhere. */
const CANVAS_SHA256 = 'c76875107b210832209c0c4391d259de65ac00aa9dff5b7eb52850bb3bc268bc';

let delivered: Notification[];
beforeEach(() => {
  delivered = [];
});

const delivery = {
  deliver: async (notification: Notification) => {
    delivered.push(notification);
    return { status: 'published', warnings: [] };
  },
} as unknown as Delivery;
const secretsManager = { send: async () => ({ SecretString: SECRET }) } as unknown as SecretsManagerClient;

/** @param by which headers have a valid signature; the others are wrong */
function outcomeOf(text: string, ...by: ('hub' | 'body')[]) {
  const signatures = {
    hub: signatureOf(text, by.includes('hub') ? SECRET : 'wrong'),
    body: bodySignatureOf(text, by.includes('body') ? SECRET : 'wrong'),
  };
  const secrets = new ClientSecrets(secretsManager, 'arn', () => undefined);
  return receive({ method: 'POST', body: Buffer.from(text), signatures }, secrets, delivery, Deadline.after(60_000));
}

describe('a body that is not a notification', () => {
  it.each([
    ['by X-Body-Signature', ['body'] as const],
    ['by both headers', ['hub', 'body'] as const],
  ])('is published as it was signed, with a detail-type that is not a topic, if it is signed %s', async (_case, by) => {
    expect(await outcomeOf(CANVAS, ...by)).toMatchObject({ kind: 'published' });
    expect(delivered).toMatchObject([{ topic: 'Intercom App Request', text: CANVAS, id: undefined }]);
  });

  it('is invalid if it is signed by X-Hub-Signature alone, which only notifications carry', async () => {
    expect(await outcomeOf(CANVAS, 'hub')).toMatchObject({ kind: 'invalid' });
    expect(delivered).toEqual([]);
  });

  it.each(['', 'null', '[]', '"text"', '7', '<html>', '{"a":'])(
    'is invalid if it is not a JSON object, which the detail of an event must be: %j',
    async (text) => {
      expect(await outcomeOf(text, 'body')).toMatchObject({ kind: 'invalid' });
      expect(delivered).toEqual([]);
    },
  );
});

describe('a notification', () => {
  it.each([['hub' as const], ['body' as const]])(
    'is published by its topic, if only the header %s is valid',
    async (by) => {
      expect(await outcomeOf(textWith({ topic: 'ticket.closed' }), by)).toMatchObject({
        kind: 'published',
        signedBy: { algorithm: by === 'hub' ? 'sha1' : 'sha256', version: 'current', line: 1 },
      });
      expect(delivered).toMatchObject([{ topic: 'ticket.closed', id: 'notif_1' }]);
    },
  );
});

test('a body without a valid signature is known by its SHA-256, so that it can be compared without being logged', async () => {
  expect(await outcomeOf(CANVAS)).toEqual({ kind: 'invalid-signature', bodySha256: CANVAS_SHA256 });
});
