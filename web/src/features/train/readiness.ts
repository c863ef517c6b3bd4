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
    { met: active >= NEEDED.categories, text: `${active} of at least ${NEEDED.categories} category` },
    { met: labelled >= NEEDED.images, text: `${labelled} of at least ${NEEDED.images} pictures submitted or approved` },
    { met: drawn >= NEEDED.annotations, text: `${drawn} of at least ${NEEDED.annotations} annotations drawn` },
  ];
}
