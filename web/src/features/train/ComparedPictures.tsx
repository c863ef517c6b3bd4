import { Badge, Button, Group, SimpleGrid, Slider, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { categoriesQuery, comparedPicturesQuery } from "../../api/queries";
import type { ComparedPicture, ThumbnailShape, TrainingRun } from "../../api/types";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { lineColor } from "../../ui/palette";
import { ShapeOverlay } from "../../ui/ShapeOverlay";
import ui from "../../ui/ui.module.css";
import { mistakesIn } from "./mistakes";
import { runName } from "./runName";

/** One row a picture: its labels, then the boxes of every run at one confidence. */
export function ComparedPictures({ projectId, runs }: { projectId: string; runs: readonly TrainingRun[] }) {
  const [from, setFrom] = useState(0.25);
  const [settled] = useDebouncedValue(from, 200);
  const ids = runs.map(({ id }) => id);
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    comparedPicturesQuery(ids, settled),
  );
  const { data: categories } = useQuery(categoriesQuery(projectId, true));
  const colors = new Map(categories?.items.map(({ id, color }) => [id, color]));
  if (error) return <ErrorPanel error={error} />;
  return (
    <Stack gap="sm">
      <Group gap="md">
        <Text size="sm">Boxes from confidence {from.toFixed(2)}</Text>
        <Slider
          w={220}
          min={0.05}
          max={0.95}
          step={0.05}
          value={from}
          onChange={setFrom}
          label={null}
          thumbLabel="Boxes from this confidence"
        />
      </Group>
      {data?.pages
        .flatMap(({ items }) => items)
        .map((picture) => (
          <section key={picture.image_id} aria-label={picture.file_name}>
            <Text size="xs" mb={4}>
              <Link
                to="/projects/$projectId/annotate/{-$imageId}"
                params={{ projectId, imageId: picture.image_id }}
                aria-label={`Open ${picture.file_name}`}
              >
                {picture.file_name}
              </Link>
            </Text>
            <SimpleGrid cols={{ base: 2, md: Math.min(4, runs.length + 1) }} spacing="xs">
              <Seen picture={picture} colors={colors} shapes={picture.labels} alt="its labels">
                <Text size="xs">Labels: {picture.labels.length}</Text>
              </Seen>
              {picture.runs.map((one, index) => (
                <Seen
                  key={one.run_id}
                  picture={picture}
                  colors={colors}
                  shapes={one.shapes}
                  alt={`what ${runs[index] ? runName(runs[index]) : "the run"} finds`}
                >
                  <Badge size="xs" color={lineColor(index)} autoContrast>
                    {index + 1}
                  </Badge>
                  <Text size="xs">{mistakesIn(one)}</Text>
                </Seen>
              ))}
            </SimpleGrid>
          </section>
        ))}
      {hasNextPage && (
        <Button size="xs" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          More pictures
        </Button>
      )}
    </Stack>
  );
}

function Seen({
  picture,
  colors,
  shapes,
  alt,
  children,
}: {
  picture: ComparedPicture;
  colors: ReadonlyMap<string, string>;
  shapes: readonly ThumbnailShape[];
  alt: string;
  children: React.ReactNode;
}) {
  return (
    <div>
      <div className={ui.thumb} style={{ aspectRatio: `${picture.width} / ${picture.height}` }}>
        <img
          src={`/api/images/${picture.image_id}/preview?size=1024`}
          alt={`${picture.file_name}: ${alt}`}
          loading="lazy"
        />
        <ShapeOverlay image={picture} colors={colors} shapes={shapes} />
      </div>
      <Group gap={6} mt={2} wrap="nowrap">
        {children}
      </Group>
    </div>
  );
}
