import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { projectQuery } from "../../api/queries";
import classes from "./annotate.module.css";

/** Where the canvas would stay grey: why, and the way on. */
export function NothingToAnnotate({ projectId }: { projectId: string }) {
  const { data: project } = useQuery(projectQuery(projectId));
  if (project?.image_count !== 0) return null;
  return (
    <p className={classes.nothing}>
      There is no picture in this project yet.{" "}
      <Link to="/projects/$projectId/pictures" params={{ projectId }}>
        Add pictures
      </Link>{" "}
      and they open here.
    </p>
  );
}
