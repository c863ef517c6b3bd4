import type { ImageFilter } from "./Filters";

/** The filter as a query string of GET …/images and …/neighbours, so that next and previous stay within it. */
export function queryOf({ sort: _sort, trashed: _trashed, state, ...rest }: ImageFilter): string {
  const query = new URLSearchParams();
  for (const each of state ?? []) query.append("state", each);
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, String(value));
  return query.toString();
}
