import { MultiSelect, NumberInput, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import type { Category, ReviewState } from "../../api/types";
import { STATE_NAMES } from "../../ui/reviewStates";
import classes from "./pictures.module.css";

export interface ImageFilter {
  state?: ReviewState[] | undefined;
  category_id?: string | undefined;
  source?: "human" | "model" | "import" | undefined;
  q?: string | undefined;
  min_confidence?: number | undefined;
  trashed?: boolean | undefined;
  sort?: "oldest" | "newest" | "name" | undefined;
}

const STATES = Object.entries(STATE_NAMES).map(([value, label]) => ({ value, label }));

export function Filters({
  filter,
  onChange,
  categories,
}: {
  filter: ImageFilter;
  onChange: (filter: ImageFilter) => void;
  categories: readonly Category[];
}) {
  const search = useDebouncedCallback((q: string) => onChange({ ...filter, q: q || undefined }), 250);
  return (
    <search className={classes.filters} aria-label="Filter pictures">
      <TextInput
        label="Name"
        size="xs"
        w={150}
        placeholder="part of the file name"
        defaultValue={filter.q ?? ""}
        onChange={(e) => search(e.currentTarget.value)}
      />
      <MultiSelect
        label="State"
        size="xs"
        w={170}
        clearable
        placeholder={filter.state?.length ? "" : "any"}
        data={STATES}
        value={filter.state ?? []}
        onChange={(value) => onChange({ ...filter, state: value.length ? (value as ReviewState[]) : undefined })}
      />
      <Select
        label="Category"
        size="xs"
        w={130}
        clearable
        searchable
        placeholder="any"
        data={categories.map(({ id, name }) => ({ value: id, label: name }))}
        value={filter.category_id ?? null}
        onChange={(value) => onChange({ ...filter, category_id: value ?? undefined })}
      />
      <Select
        label="Source"
        size="xs"
        w={130}
        clearable
        placeholder="any"
        data={[
          { value: "human", label: "Drawn by hand" },
          { value: "model", label: "Accepted from a model" },
          { value: "import", label: "Imported" },
        ]}
        value={filter.source ?? null}
        onChange={(value) => onChange({ ...filter, source: (value ?? undefined) as ImageFilter["source"] })}
      />
      <NumberInput
        label="Proposals from"
        size="xs"
        w={110}
        min={0}
        max={1}
        step={0.05}
        placeholder="confidence"
        value={filter.min_confidence ?? ""}
        onChange={(value) => onChange({ ...filter, min_confidence: typeof value === "number" ? value : undefined })}
      />
      <Select
        label="Order"
        size="xs"
        w={120}
        allowDeselect={false}
        data={[
          { value: "oldest", label: "As uploaded" },
          { value: "newest", label: "Newest first" },
          { value: "name", label: "By name" },
        ]}
        value={filter.sort ?? "oldest"}
        onChange={(value) => onChange({ ...filter, sort: (value ?? undefined) as ImageFilter["sort"] })}
      />
      <Select
        label="Where"
        size="xs"
        w={110}
        allowDeselect={false}
        data={[
          { value: "live", label: "Project" },
          { value: "trash", label: "Trash" },
        ]}
        value={filter.trashed ? "trash" : "live"}
        onChange={(value) => onChange({ ...filter, trashed: value === "trash" ? true : undefined })}
      />
    </search>
  );
}
