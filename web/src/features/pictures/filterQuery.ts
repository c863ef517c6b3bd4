import type { ImageFilter } from "./Filters";

/** The filter as a query string: of the page's own address, of GET …/images and of …/neighbours. */
export function queryOf({ state, ...rest }: ImageFilter): string {
  const query = new URLSearchParams();
  for (const each of state ?? []) query.append("state", each);
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, String(value));
  return query.toString();
}

const STATES: ReadonlySet<string> = new Set([
  "unlabelled",
  "in_progress",
  "submitted",
  "approved",
  "rejected",
  "auto",
] satisfies ImageFilter["state"]);
const SOURCES: ReadonlySet<string> = new Set(["human", "model", "import"] satisfies ImageFilter["source"][]);
const SORTS: ReadonlySet<string> = new Set(["oldest", "newest", "name"] satisfies ImageFilter["sort"][]);

/** The way back; what an address holds that is no filter is left out. */
export function filterOf(query: string): ImageFilter {
  const given = new URLSearchParams(query);
  const state = given.getAll("state").filter((each) => STATES.has(each)) as NonNullable<ImageFilter["state"]>;
  const source = given.get("source") ?? "";
  const sort = given.get("sort") ?? "";
  const confidence = Number(given.get("min_confidence") ?? Number.NaN);
  return {
    ...(state.length > 0 ? { state } : {}),
    ...(given.get("category_id") ? { category_id: given.get("category_id") ?? "" } : {}),
    ...(SOURCES.has(source) ? { source: source as NonNullable<ImageFilter["source"]> } : {}),
    ...(given.get("q") ? { q: given.get("q") ?? "" } : {}),
    ...(confidence >= 0 && confidence <= 1 ? { min_confidence: confidence } : {}),
    ...(given.get("trashed") === "true" ? { trashed: true } : {}),
    ...(SORTS.has(sort) ? { sort: sort as NonNullable<ImageFilter["sort"]> } : {}),
  };
}
