/** Every page of a project that stands at an address of its own, by the name a person would use. */
export function projectPages(
  projectId: string,
  imageId: string | null,
  runIds: readonly string[] = [],
): Record<string, string> {
  const at = (path: string) => `/projects/${projectId}/${path}`;
  return {
    pictures: at("pictures"),
    map: at("pictures?view=map"),
    duplicates: at("pictures?view=duplicates"),
    categories: at("categories"),
    annotate: at(imageId ? `annotate/${imageId}` : "annotate"),
    train: at("train"),
    compare: at(`compare?runs=${runIds.join(",")}`),
    "auto-annotate": at("auto-annotate"),
    review: at("review"),
    insights: at("insights"),
    data: at("data"),
    jobs: at("jobs"),
  };
}
