import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { AnnotatePage } from "./AnnotatePage";

const ROUTE = "/projects/$projectId/annotate/{-$imageId}";

/** The annotation page at its address: the picture is in the path, so a reload or a link opens it again. */
export function AnnotateRoute() {
  const { projectId, imageId } = useParams({ from: ROUTE });
  const { filter, batch, review } = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: ROUTE });
  return (
    <AnnotatePage
      projectId={projectId}
      imageId={imageId}
      filter={filter}
      queryBatchId={batch}
      reviewing={review ?? false}
      onOpened={(opened) => {
        if (opened !== imageId)
          void navigate({ params: { projectId, imageId: opened }, search: (s) => s, replace: true });
      }}
    />
  );
}
