import { Alert, Button, Group, Text, Title } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { categoriesQuery, imagesQuery } from "../../api/queries";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { BulkActions } from "./BulkActions";
import { Filters, type ImageFilter } from "./Filters";
import { Gallery } from "./Gallery";
import { UploadPanel } from "./UploadPanel";

export function PicturesPage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const [filter, setFilter] = useState<ImageFilter>({});
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { data: categories } = useQuery(categoriesQuery(projectId));
  const images = useInfiniteQuery(imagesQuery(projectId, filter));
  const items = useMemo(() => images.data?.pages.flatMap((page) => page.items) ?? [], [images.data]);
  const total = images.data?.pages[0]?.total ?? items.length;
  const unfiltered = Object.values(filter).every((value) => value === undefined);
  return (
    <main>
      <Group justify="space-between" mb="sm">
        <Title order={1} size="h3">
          Pictures <Text span>{total.toLocaleString()}</Text>
        </Title>
      </Group>
      <UploadPanel projectId={projectId} prominent={unfiltered && total === 0 && !images.isPending} />
      <Filters filter={filter} onChange={setFilter} categories={categories?.items ?? []} />
      {selected.size > 0 && (
        <BulkActions
          projectId={projectId}
          selected={selected}
          onDone={() => setSelected(new Set())}
          onSelectAll={() => setSelected(new Set(items.map(({ id }) => id)))}
        />
      )}
      {images.error && <ErrorPanel error={images.error} onRetry={() => void images.refetch()} />}
      {!images.isPending && total === 0 && !unfiltered && (
        <Alert color="gray">
          No picture matches.{" "}
          <Button size="compact-sm" variant="default" onClick={() => setFilter({})}>
            Show all
          </Button>
        </Alert>
      )}
      <Gallery
        projectId={projectId}
        images={items}
        total={total}
        categories={categories?.items ?? []}
        filter={filter}
        selected={selected}
        onSelect={setSelected}
        onNeedMore={() => {
          if (images.hasNextPage && !images.isFetchingNextPage) void images.fetchNextPage();
        }}
      />
    </main>
  );
}
