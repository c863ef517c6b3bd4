import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { ErrorPanel } from "../ui/ErrorPanel";
import { ProjectShell } from "./ProjectShell";

const rootRoute = createRootRoute({
  component: Outlet,
  errorComponent: ({ error }) => <ErrorPanel error={error} />,
  notFoundComponent: () => <ErrorPanel error={new Error("There is no page at this address.")} />,
});

const projectsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../features/projects/ProjectsPage"), "ProjectsPage"),
});

const projectRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/projects/$projectId",
  component: ProjectShell,
});

const projectIndexRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/projects/$projectId/pictures", params });
  },
});

interface PicturesSearch {
  view?: "map" | "duplicates";
  /** The gallery's filter as a query string, so that the way back from a picture leads to the same list. */
  filter?: string;
  /** What a search by meaning looks for: words, or a picture's id. */
  text?: string;
  like?: string;
}

const picturesRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "pictures",
  validateSearch: (search: Record<string, unknown>): PicturesSearch => ({
    ...(search.view === "map" || search.view === "duplicates" ? { view: search.view } : {}),
    ...(typeof search.filter === "string" ? { filter: search.filter } : {}),
    ...(typeof search.text === "string" ? { text: search.text } : {}),
    ...(typeof search.like === "string" ? { like: search.like } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/pictures/PicturesPage"), "PicturesPage"),
});

const categoriesRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "categories",
  component: lazyRouteComponent(() => import("../features/categories/CategoriesPage"), "CategoriesPage"),
});

interface AnnotateSearch {
  filter?: string;
  batch?: string;
  review?: boolean;
}

const annotateRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "annotate/{-$imageId}",
  validateSearch: (search: Record<string, unknown>): AnnotateSearch => ({
    ...(typeof search.filter === "string" ? { filter: search.filter } : {}),
    ...(typeof search.batch === "string" ? { batch: search.batch } : {}),
    ...(search.review === true ? { review: true } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/annotate/AnnotateRoute"), "AnnotateRoute"),
});

interface TrainSearch {
  run?: string;
}

const trainRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "train",
  validateSearch: (search: Record<string, unknown>): TrainSearch =>
    typeof search.run === "string" ? { run: search.run } : {},
  component: lazyRouteComponent(() => import("../features/train/TrainPage"), "TrainPage"),
});

const compareRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "compare",
  validateSearch: (search: Record<string, unknown>) => ({ runs: typeof search.runs === "string" ? search.runs : "" }),
  component: lazyRouteComponent(() => import("../features/train/ComparePage"), "ComparePage"),
});

const predictRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "auto-annotate",
  component: lazyRouteComponent(() => import("../features/predict/PredictPage"), "PredictPage"),
});

const reviewRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "review",
  component: lazyRouteComponent(() => import("../features/review/ReviewPage"), "ReviewPage"),
});

const insightsRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "insights",
  component: lazyRouteComponent(() => import("../features/insights/InsightsPage"), "InsightsPage"),
});

const transferRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "data",
  component: lazyRouteComponent(() => import("../features/transfer/TransferPage"), "TransferPage"),
});

const jobsRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "jobs",
  component: lazyRouteComponent(() => import("../features/jobs/JobsPage"), "JobsPage"),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    projectsRoute,
    projectRoute.addChildren([
      projectIndexRoute,
      picturesRoute,
      categoriesRoute,
      annotateRoute,
      trainRoute,
      compareRoute,
      predictRoute,
      reviewRoute,
      insightsRoute,
      transferRoute,
      jobsRoute,
    ]),
  ]),
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
