import { coldStart } from './cold-start/part';
import { costs } from './costs/part';
import { lag } from './lag/part';
import { manyTargets } from './many-targets/part';
import type { Part } from './part';
import { rangeSets } from './range-sets/part';
import { receiver } from './receiver/part';
import { sync } from './sync/part';
import { widget } from './widget/part';

/** In the order in which they run and stand in the document. */
export const PARTS: readonly Part[] = [sync, manyTargets, lag, coldStart, rangeSets, receiver, widget, costs];
