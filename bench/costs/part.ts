import { join } from 'node:path';
import { inScratchFolder } from '../fresh-process';
import type { Part } from '../part';
import { EDGES, type EdgeName, templateOf } from '../template';
import { pageOf } from './page';
import { factsOf, type StackFacts } from './stack-facts';

/** What a stack costs in a month, by its templates and AWS's list prices. */
export const costs: Part = {
  name: 'costs',
  title: 'What it costs a month',
  document: 'costs.md',
  run: ({ progress }) =>
    inScratchFolder(async (folder) => {
      const facts = Object.keys(EDGES).map((edge) => {
        progress(`the ${edge} edge`);
        return [edge, factsOf(templateOf(edge as EdgeName, join(folder, edge)))];
      });
      return { text: pageOf(Object.fromEntries(facts) as Record<EdgeName, StackFacts>) };
    }),
};
