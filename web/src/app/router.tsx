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

const picturesRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: "pictures",
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

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    projectsRoute,
    projectRoute.addChildren([projectIndexRoute, picturesRoute, categoriesRoute, annotateRoute]),
  ]),
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
