import fc from 'fast-check';
import type { CurrentEntry } from '../../../lambda/core/plan/entries';
import type { Step } from '../../../lambda/core/plan/sequence';
import { WriteProgress } from '../../../lambda/core/plan/written';
import { desired, managed, others, ownershipOf, textsOf } from './builders';

const [A, B, C] = ['34.0.0.0/32', '34.0.0.2/32', '34.0.0.4/32'];
const [a, b] = [managed(A), managed(B)];
const adding = (...texts: string[]): Step => ({
  add: texts.map((text) => ({ ...desired(text), port: undefined })),
  remove: [],
});
const removing = (...entries: CurrentEntry[]): Step => ({ add: [], remove: entries });
const recordOf = (entry: CurrentEntry) => ownershipOf(entry.range, ['us']);

/** A write that sent these parts. All but the last one were confirmed. */
function sent(...parts: readonly Step[]): WriteProgress {
  const progress = new WriteProgress([a, b]);
  for (const [i, part] of parts.entries()) {
    progress.sends(part);
    if (i < parts.length - 1) progress.confirms();
  }
  return progress;
}

describe('the progress of a write', () => {
  it('is known for the parts that AWS confirmed, and for no other', () => {
    const progress = sent(adding(C), removing(a));
    expect(textsOf(progress.entries ?? [])).toEqual([A, B, C]);
    expect(progress.recordsIn([managed(A), managed(C)].map(recordOf))).toEqual([recordOf(managed(C))]);
  });

  it('is undefined before the first part was confirmed', () => {
    expect(sent(adding(C)).entries).toBeUndefined();
    expect(sent(adding(C)).recordsIn([recordOf(managed(C))])).toEqual([]);
  });

  it('includes a part whose answer was lost if the target holds exactly what it would have left', () => {
    const progress = sent(adding(C), removing(a));
    expect(progress.confirmsBy([b, managed(C)])).toBe(true);
    expect(textsOf(progress.entries ?? [])).toEqual([B, C]);
    expect(progress.confirmsBy([b, managed(C)])).toBe(false);
  });

  test.each<[string, CurrentEntry[]]>([
    ['is as it was before', [a, b]],
    ['has an entry of others in addition', [a, b, others(C), others('34.0.0.6/32')]],
    ['lacks an entry', [a, others(C)]],
  ])('does not include it if the target %s', (_how, entries) => {
    const progress = sent(adding(C));
    expect(progress.confirmsBy(entries)).toBe(false);
    expect(progress.entries).toBeUndefined();
  });

  it('never includes an addition that others made, unless nothing differs from what was sent', () => {
    const anyTexts = fc.subarray([C, '34.0.0.6/32', '34.0.0.8/32'], { minLength: 1 });
    fc.assert(
      fc.property(anyTexts, anyTexts, (wanted, made) => {
        const progress = sent(adding(...wanted));
        const isSame = wanted.join() === made.join();
        expect(progress.confirmsBy([a, b, ...made.map(others)])).toBe(isSame);
        expect(progress.recordsIn(wanted.map((text) => recordOf(managed(text))))).toHaveLength(
          isSame ? wanted.length : 0,
        );
      }),
    );
  });
});
