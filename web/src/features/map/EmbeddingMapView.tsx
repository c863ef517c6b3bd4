import { Button, Group, SegmentedControl, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { client, dataOf } from "../../api/client";
import { embeddingMapQuery, uncertaintiesQuery } from "../../api/queries";
import type { Category } from "../../api/types";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { type ColorBy, shadesOf } from "./coloring";
import { MapCanvas } from "./MapCanvas";
import classes from "./map.module.css";

interface Props {
  projectId: string;
  categories: readonly Category[];
  onShow: (imageIds: readonly string[]) => void;
}

const NOBODY: ReadonlyMap<string, number> = new Map();

/** Pictures as points, the alike ones close together. */
export function EmbeddingMapView({ projectId, categories, onShow }: Props) {
  const navigate = useNavigate();
  const [by, setBy] = useState<ColorBy>("state");
  const [ids, setIds] = useState<readonly string[]>([]);
  const map = useInfiniteQuery(embeddingMapQuery(projectId));
  const { data: uncertainties } = useQuery({ ...uncertaintiesQuery(projectId), enabled: by === "uncertainty" });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = map;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const points = useMemo(() => map.data?.pages.flatMap(({ items }) => items) ?? [], [map.data]);
  const shades = useMemo(
    () => shadesOf(points, by, categories, uncertainties ?? NOBODY),
    [points, by, categories, uncertainties],
  );
  const caughtIds = useMemo(() => new Set(ids), [ids]);
  const last = map.data?.pages.at(-1);
  if (map.error) return <ErrorPanel error={map.error} onRetry={() => void map.refetch()} />;
  if (!last) return <Text role="status">Loading the map…</Text>;
  return (
    <>
      <Missing projectId={projectId} missing={last.missing} embedded={last.embedded} />
      {points.length > 0 && (
        <>
          <Group mb="xs" gap="sm">
            <SegmentedControl
              size="xs"
              aria-label="Colour by"
              value={by}
              onChange={(value) => setBy(value as ColorBy)}
              data={[
                { value: "state", label: "State" },
                { value: "category", label: "Category" },
                { value: "uncertainty", label: "Uncertainty" },
              ]}
            />
            <Text size="sm" role="status">
              {ids.length > 0
                ? `${ids.length.toLocaleString()} pictures caught`
                : "Draw a loop around pictures to catch them."}
            </Text>
            {ids.length > 0 && (
              <>
                <Button size="xs" onClick={() => onShow(ids)}>
                  Show them in the grid
                </Button>
                <Button size="xs" variant="default" onClick={() => setIds([])}>
                  Let go
                </Button>
              </>
            )}
          </Group>
          <div className={classes.map}>
            <MapCanvas
              shades={shades}
              caughtIds={caughtIds}
              onCatch={(found) => setIds(found.map(({ image_id }) => image_id))}
              onOpen={({ image_id }) =>
                void navigate({
                  to: "/projects/$projectId/annotate/{-$imageId}",
                  params: { projectId, imageId: image_id },
                })
              }
            />
            <ul className={classes.legend} aria-label="Colours">
              {shades.map((shade) => (
                <li key={shade.name}>
                  <button
                    type="button"
                    className={classes.shade}
                    onClick={() => setIds(shade.points.map(({ image_id }) => image_id))}
                  >
                    <span className={classes.dot} style={{ background: shade.color }} />
                    {shade.name} <span>{shade.points.length.toLocaleString()}</span>
                  </button>
                </li>
              ))}
            </ul>
          </div>
          <Text size="xs" mt="xs">
            The wheel zooms, a drag with Shift moves, a double click fits. Embedded with {last.embedder}.
          </Text>
        </>
      )}
    </>
  );
}

function Missing({ projectId, missing, embedded }: { projectId: string; missing: number; embedded: number }) {
  const queries = useQueryClient();
  const embed = useMutation({
    mutationFn: () =>
      dataOf(client.POST("/api/projects/{project_id}/embeddings", { params: { path: { project_id: projectId } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  if (missing === 0 && embedded > 0) return null;
  if (missing === 0) return <Empty>The map shows every picture once there are some.</Empty>;
  return (
    <Empty>
      {missing.toLocaleString()} pictures have no place on the map yet.{" "}
      <Button size="xs" ml="sm" loading={embed.isPending} disabled={embed.isSuccess} onClick={() => embed.mutate()}>
        {embed.isSuccess ? "Embedding…" : "Embed them"}
      </Button>
      {embed.error && <ErrorPanel error={embed.error} />}
    </Empty>
  );
}
