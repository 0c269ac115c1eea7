import type { Part } from './part';
import { rangeSets } from './range-sets/part';
import { receiver } from './receiver/part';

/** In the order in which they run and stand in the document. */
export const PARTS: readonly Part[] = [receiver, rangeSets];
