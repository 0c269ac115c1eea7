export type Place = 'exclusive' | 'group' | 'shared' | 'list';
export const PLACES: readonly Place[] = ['exclusive', 'group', 'shared', 'list'];
/** Places where only the state distinguishes managed entries: entries of IP sets and prefix lists have no owner tag. */
export const UNMARKED = ['shared', 'list'] as const satisfies readonly Place[];
