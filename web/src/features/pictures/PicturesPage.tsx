import { Button, Group, SegmentedControl, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { categoriesQuery, projectQuery } from "../../api/queries";
import { Empty } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { EmbeddingMapView } from "../map/EmbeddingMapView";
import { NextBatch } from "../search/NextBatch";
import { DuplicatesView } from "./DuplicatesView";
import { FilteredGallery } from "./FilteredGallery";
import { queryOf } from "./filterQuery";
import { UploadPanel } from "./UploadPanel";

export function PicturesPage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const { view, filter } = useSearch({ from: "/projects/$projectId/pictures" });
  const navigate = useNavigate({ from: "/projects/$projectId/pictures" });
  const [lassoed, setLassoed] = useState<readonly string[] | null>(null);
  const { data: project } = useQuery(projectQuery(projectId));
  const { data: categories } = useQuery(categoriesQuery(projectId));
  const count = project?.image_count;
  const isEmpty = count === 0 && !filter;
  return (
    <Page
      wide
      title={
        <>
          Pictures{" "}
          <Text span fz="inherit" fw={400}>
            {count?.toLocaleString()}
          </Text>
        </>
      }
      actions={
        <Group gap="xs">
          {count !== 0 && <NextBatch projectId={projectId} />}
          <SegmentedControl
            size="xs"
            aria-label="View"
            value={view ?? "grid"}
            onChange={(value) =>
              void navigate({ search: value === "map" || value === "duplicates" ? { view: value } : {} })
            }
            data={[
              { value: "grid", label: "Grid" },
              { value: "map", label: "Map" },
              { value: "duplicates", label: "Duplicates" },
            ]}
          />
        </Group>
      }
    >
      {!view && (
        <>
          <UploadPanel projectId={projectId} prominent={count === 0} />
          {isEmpty ? (
            <Empty>
              Nothing to filter and nothing to find yet.{" "}
              <Button
                size="compact-xs"
                variant="default"
                onClick={() => void navigate({ search: { filter: queryOf({ trashed: true }) } })}
              >
                Look into the trash
              </Button>
            </Empty>
          ) : (
            <FilteredGallery
              projectId={projectId}
              categories={categories?.items ?? []}
              listed={lassoed}
              onUnlist={() => setLassoed(null)}
            />
          )}
        </>
      )}
      {view === "map" && (
        <EmbeddingMapView
          projectId={projectId}
          categories={categories?.items ?? []}
          onShow={(ids) => {
            setLassoed(ids);
            void navigate({ search: {} });
          }}
        />
      )}
      {view === "duplicates" && <DuplicatesView projectId={projectId} />}
    </Page>
  );
}
