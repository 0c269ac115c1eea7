import { costs } from './costs/part';
import { lag } from './lag/part';
import type { Part } from './part';
import { receiver } from './receiver/part';

/** In the order in which they run and stand in the document. */
export const PARTS: readonly Part[] = [receiver, lag, costs];
