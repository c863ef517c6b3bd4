import { Alert, Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { searchQuery } from "../../api/queries";
import type { Category } from "../../api/types";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { BulkActions } from "./BulkActions";
import { Filters, type ImageFilter } from "./Filters";
import { filterOf, queryOf } from "./filterQuery";
import { Gallery } from "./Gallery";
import { type ImageSource, useImagePages, useListedImages } from "./imageSource";
import { SearchBox, type Wanted } from "./SearchBox";
import { useKeptScroll } from "./useKeptScroll";

interface Props {
  projectId: string;
  categories: readonly Category[];
  /** Pictures that were caught on the map, to be shown instead of the filter's. */
  listed: readonly string[] | null;
  onUnlist: () => void;
}

export function FilteredGallery({ projectId, categories, listed, onUnlist }: Props) {
  const search = useSearch({ from: "/projects/$projectId/pictures" });
  const navigate = useNavigate({ from: "/projects/$projectId/pictures" });
  const filterText = search.filter ?? "";
  const filter = useMemo(() => filterOf(filterText), [filterText]);
  const setFilter = (next: ImageFilter) =>
    void navigate({ search: queryOf(next) ? { filter: queryOf(next) } : {}, replace: true });
  const wanted: Wanted | null = search.text ? { text: search.text } : search.like ? { image_id: search.like } : null;
  const setWanted = (next: Wanted | null) =>
    void navigate({
      search: {
        ...(filterText ? { filter: filterText } : {}),
        ...(next && "text" in next ? { text: next.text } : {}),
        ...(next && "image_id" in next ? { like: next.image_id } : {}),
      },
    });
  const common = { projectId, categories, onSimilar: (image_id: string) => setWanted({ image_id }) };
  return (
    <>
      <Group align="end" gap="xs" my="sm">
        <SearchBox wanted={wanted} onSearch={setWanted} />
        {!wanted && !listed && <Filters filter={filter} onChange={setFilter} categories={categories} />}
      </Group>
      {wanted ? (
        <Found key={JSON.stringify(wanted)} {...common} wanted={wanted} onClear={() => setWanted(null)} />
      ) : listed ? (
        <Listed {...common} ids={listed} says={`${listed.length} pictures from the map.`} onClear={onUnlist} />
      ) : (
        <Paged key={filterText} {...common} filter={filter} onClear={() => setFilter({})} />
      )}
    </>
  );
}

interface Shown {
  projectId: string;
  categories: readonly Category[];
  onSimilar: (imageId: string) => void;
}

function Paged({ filter, onClear, ...shown }: Shown & { filter: ImageFilter; onClear: () => void }) {
  const source = useImagePages(shown.projectId, filter);
  const unfiltered = Object.values(filter).every((value) => value === undefined);
  if (source.error) return <ErrorPanel error={source.error} />;
  if (!source.pending && source.total === 0 && !unfiltered)
    return (
      <Alert color="gray">
        No picture matches.{" "}
        <Button size="compact-sm" variant="default" onClick={onClear}>
          Show all
        </Button>
      </Alert>
    );
  return (
    <>
      {!unfiltered && (
        <Text size="sm" mb="xs" role="status">
          {source.total.toLocaleString()} match
        </Text>
      )}
      <Selectable {...shown} filter={filter} source={source} />
    </>
  );
}

function Found({ wanted, onClear, ...shown }: Shown & { wanted: Wanted; onClear: () => void }) {
  const { data, error, isPending } = useQuery(searchQuery(shown.projectId, wanted));
  if (error)
    return (
      <>
        <ErrorPanel error={error} />
        <Button size="xs" variant="default" onClick={onClear}>
          Back to all pictures
        </Button>
      </>
    );
  if (isPending) return <Text role="status">Searching…</Text>;
  const what = "text" in wanted ? `“${wanted.text}”` : "that picture";
  return (
    <Listed
      {...shown}
      ids={data.items.map(({ image_id }) => image_id)}
      says={`The ${data.items.length} pictures most like ${what}, the likest first.`}
      onClear={onClear}
    />
  );
}

function Listed({
  ids,
  says,
  onClear,
  ...shown
}: Shown & { ids: readonly string[]; says: string; onClear: () => void }) {
  const source = useListedImages(ids);
  return (
    <>
      <Group mb="xs" gap="sm">
        <Text size="sm" role="status">
          {says}
        </Text>
        <Button size="compact-xs" variant="default" onClick={onClear}>
          Back to all pictures
        </Button>
      </Group>
      <Selectable {...shown} filter={{}} source={source} />
    </>
  );
}

function Selectable({ source, ...rest }: Shown & { filter: ImageFilter; source: ImageSource }) {
  useKeptScroll(`${rest.projectId} ${queryOf(rest.filter)}`, source.total > 0);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  return (
    <>
      {selected.size > 0 && (
        <BulkActions
          selected={selected}
          trashed={rest.filter.trashed ?? false}
          onDone={() => setSelected(new Set())}
          onSelectAll={() => void source.ids(0, source.total).then((ids) => setSelected(new Set(ids)))}
        />
      )}
      <Gallery {...rest} source={source} selected={selected} onSelect={setSelected} />
    </>
  );
}
