import type { Category, Project } from "../../api/types";

/** What domain/training.py asks for; the server decides, this only tells it before the button is pressed. */
const NEEDED = { images: 5, annotations: 5, categories: 1 };

export interface Check {
  met: boolean;
  text: string;
}

/** Everything that a training needs, each with where it stands. */
export function readinessOf(project: Project, categories: readonly Category[]): Check[] {
  const labelled = (project.states.submitted ?? 0) + (project.states.approved ?? 0);
  const drawn = categories.reduce((sum, { count }) => sum + count, 0);
  const active = categories.filter(({ state }) => state === "active").length;
  return [
    {
      met: active >= NEEDED.categories,
      text: `${counted(active, "category", "categories")} (${NEEDED.categories} needed)`,
    },
    {
      met: labelled >= NEEDED.images,
      text: `${counted(labelled, "picture", "pictures")} submitted or approved (${NEEDED.images} needed)`,
    },
    {
      met: drawn >= NEEDED.annotations,
      text: `${counted(drawn, "annotation", "annotations")} (${NEEDED.annotations} needed)`,
    },
  ];
}

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
