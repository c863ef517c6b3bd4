import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client, dataOf } from "../../api/client";
import { duplicatesQuery } from "../../api/queries";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { inParallel } from "../../ui/inParallel";
import { Panel } from "../../ui/Panel";
import classes from "../../ui/ui.module.css";

/** Pictures that show the same: of each group one is enough to label. */
export function DuplicatesView({ projectId }: { projectId: string }) {
  const { data, error, isPending, hasNextPage, fetchNextPage } = useInfiniteQuery(duplicatesQuery(projectId));
  const groups = data?.pages.flatMap(({ items }) => items) ?? [];
  if (error) return <ErrorPanel error={error} />;
  return (
    <Stack>
      {!isPending && groups.length === 0 && <Empty>No two pictures show the same, as far as they are embedded.</Empty>}
      {groups.map((group) => (
        <DuplicateGroup key={group.id} projectId={projectId} kind={group.kind} imageIds={group.image_ids} />
      ))}
      {hasNextPage && (
        <Button variant="default" onClick={() => void fetchNextPage()}>
          More
        </Button>
      )}
    </Stack>
  );
}

function DuplicateGroup({
  projectId,
  kind,
  imageIds,
}: {
  projectId: string;
  kind: "exact" | "near";
  imageIds: readonly string[];
}) {
  const queries = useQueryClient();
  const [, ...others] = imageIds;
  const trash = useMutation({
    mutationFn: () =>
      inParallel(others, async (image_id) => {
        await dataOf(client.DELETE("/api/images/{image_id}", { params: { path: { image_id } } }));
      }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["duplicates"] });
      void queries.invalidateQueries({ queryKey: ["images"] });
    },
  });
  return (
    <Panel
      title={`${imageIds.length} pictures`}
      actions={
        <>
          <Badge variant="light" color={kind === "exact" ? "red" : "orange"}>
            {kind === "exact" ? "the same bytes" : "nearly the same"}
          </Badge>
          <Button size="xs" variant="default" loading={trash.isPending} onClick={() => trash.mutate()}>
            Keep the first, trash {others.length}
          </Button>
        </>
      }
    >
      {trash.error && <ErrorPanel error={trash.error} />}
      <Group gap="xs">
        {imageIds.slice(0, 12).map((id, index) => (
          <Link
            key={id}
            to="/projects/$projectId/annotate/{-$imageId}"
            params={{ projectId, imageId: id }}
            aria-label={`Open picture ${index + 1} of the group`}
            className={classes.thumb}
            style={{ width: 160, height: 120 }}
          >
            <img src={`/api/images/${id}/thumbnail?size=256`} alt="" loading="lazy" />
          </Link>
        ))}
        {imageIds.length > 12 && <Text size="sm">and {imageIds.length - 12} more</Text>}
      </Group>
    </Panel>
  );
}
