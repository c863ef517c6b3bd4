import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useMatchRoute, useParams } from "@tanstack/react-router";
import { projectQuery } from "../api/queries";
import { JobTray } from "../features/jobs/JobTray";
import { ThemeToggle } from "../ui/ThemeToggle";
import classes from "./shell.module.css";
import { useProjectFeed } from "./useProjectFeed";

const PAGES = [
  { to: "/projects/$projectId/pictures", label: "Pictures" },
  { to: "/projects/$projectId/categories", label: "Categories" },
  { to: "/projects/$projectId/annotate/{-$imageId}", label: "Annotate" },
  { to: "/projects/$projectId/train", label: "Train" },
  { to: "/projects/$projectId/auto-annotate", label: "Auto-annotate" },
  { to: "/projects/$projectId/review", label: "Review" },
  { to: "/projects/$projectId/insights", label: "Insights" },
  { to: "/projects/$projectId/data", label: "Export & import" },
  { to: "/projects/$projectId/jobs", label: "Jobs" },
] as const;

/** What every page of a project stands in: where one can go, the jobs that run, whether the line is live. */
export function ProjectShell() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const { data: project } = useQuery(projectQuery(projectId));
  const feedState = useProjectFeed(projectId);
  const annotating = useMatchRoute()({ to: "/projects/$projectId/annotate/{-$imageId}", fuzzy: true });
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <header className={classes.header}>
        <Link to="/" className={classes.home} aria-label="All projects">
          <img src="/icon.svg" alt="" width={24} height={24} />
        </Link>
        <strong className={classes.name} title={project?.name}>
          {project?.name ?? "…"}
        </strong>
        <nav className={classes.nav} aria-label="Project">
          {PAGES.map(({ to, label }) => (
            <Link
              key={to}
              to={to}
              params={{ projectId }}
              className={classes.link}
              activeProps={{ "data-active": true }}
            >
              {label}
            </Link>
          ))}
        </nav>
        <span className={classes.feed} data-state={feedState} role="status">
          {feedState === "live" ? "Live" : feedState === "offline" ? "Offline, reconnecting" : "Connecting"}
        </span>
        <JobTray projectId={projectId} />
        <ThemeToggle />
      </header>
      <div id="content" className={annotating ? classes.canvas : classes.content}>
        <Outlet />
      </div>
    </div>
  );
}
