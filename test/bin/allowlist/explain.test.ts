import { assertSomeRead } from '../../../bin/allowlist/commands/explain';
import type { Stack } from '../../../bin/allowlist/stack';

const stack: Stack = { name: 'Hooks', account: '111122223333', region: 'eu-west-1', output: () => '' };

describe('explain', () => {
  it('explains nothing without a target, and says how to get one', () => {
    expect(() => assertSomeRead([], stack)).toThrow(
      'Stack Hooks has no target, so it allows no address. Name a target in the context, or tag one with intercom-allowlist; then ' +
        'run `npx intercom-allowlist sync --stack Hooks`',
    );
  });

  it('explains nothing if no target could be read, and says why', () => {
    expect(() => assertSomeRead([{ error: 'denied' }, { error: 'gone' }], stack)).toThrow(
      'No target could be read. denied. gone',
    );
  });

  it('explains what it can if one of two targets was read', () => {
    expect(() => assertSomeRead([{ error: 'denied' }, { error: null }], stack)).not.toThrow();
  });
});
