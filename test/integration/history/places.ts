export type Place = 'exclusive' | 'group' | 'shared' | 'list';
export const PLACES: readonly Place[] = ['exclusive', 'group', 'shared', 'list'];
/** Where nothing but the state tells our entries from those of others: an address of an IP set or prefix list carries no mark. */
export const UNMARKED = ['shared', 'list'] as const satisfies readonly Place[];
