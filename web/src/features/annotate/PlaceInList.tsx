import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { read } from "../../annotate/imageApi";
import type { Neighbours } from "../../annotate/sequence";
import classes from "./annotate.module.css";
import { useEditor } from "./WorkplaceContext";

/** "12 of 364": where the open picture stands in the list that next and previous walk. */
export function PlaceInList({ filter, batchIds }: { filter: string; batchIds: readonly string[] | null }) {
  const imageId = useEditor((state) => state.image?.id);
  const inList = useQuery({
    queryKey: ["place", imageId, filter],
    queryFn: () =>
      read<Neighbours & { place: number; total: number }>(
        `/api/images/${imageId}/neighbours?include=place${filter && `&${filter}`}`,
      ),
    enabled: imageId !== undefined && batchIds === null,
    staleTime: 60_000,
  });
  const inBatch = batchIds?.indexOf(imageId ?? "") ?? -1;
  const place = batchIds ? inBatch + 1 : inList.data?.place;
  const total = batchIds ? batchIds.length : inList.data?.total;
  if (!place || !total) return null;
  return (
    <Text size="xs" className={classes.quiet} style={{ whiteSpace: "nowrap" }} data-testid="place">
      {place.toLocaleString("en")} of {total.toLocaleString("en")}
    </Text>
  );
}
