/** The cursors of a keyset-paged list as far as they are known: `cursors[i]` is what page i comes after. */
export type PageChain = readonly (string | null)[];

/** Only the first page needs no cursor. */
export const START: PageChain = [null];

/** The pages that hold the pictures from `start` to before `end`. */
export function pagesOf(start: number, end: number, perPage: number): { first: number; last: number } {
  return { first: Math.floor(start / perPage), last: Math.max(0, Math.floor((Math.max(end, 1) - 1) / perPage)) };
}

/** The chain after page `page` told its `next`. When that moved, what was known behind it is of no use any more. */
export function extended(chain: PageChain, page: number, next: string | null): PageChain {
  if (page >= chain.length) return chain;
  const known = chain[page + 1];
  if (next === null) return chain.length > page + 1 ? chain.slice(0, page + 1) : chain;
  if (known === next) return chain;
  return [...chain.slice(0, page + 1), next];
}
