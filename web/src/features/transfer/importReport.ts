/** What an import job tells as its result (api/imports.py). */
export interface ImportReport {
  dry_run: boolean;
  layout: string;
  images_registered: number;
  images_known: number;
  images_labelled: number;
  annotations: number;
  categories_created: string[];
  problem_count: number;
  problems: { file_name: string; detail: string }[];
}

const NOTHING: ImportReport = {
  dry_run: false,
  layout: "unknown",
  images_registered: 0,
  images_known: 0,
  images_labelled: 0,
  annotations: 0,
  categories_created: [],
  problem_count: 0,
  problems: [],
};

/** The job's result as a report; what it does not tell counts as nothing. */
export function reportOf(result: object | null): ImportReport | null {
  return result && { ...NOTHING, ...result };
}
