import { Button, TextInput } from "@mantine/core";
import { useState } from "react";

export type Wanted = { text: string } | { image_id: string };

/** Search by meaning: "two overlapping cells"; a picture's own ≈ button searches by that picture. */
export function SearchBox({ wanted, onSearch }: { wanted: Wanted | null; onSearch: (wanted: Wanted | null) => void }) {
  const [text, setText] = useState(wanted && "text" in wanted ? wanted.text : "");
  return (
    <form
      style={{ display: "flex", gap: 6, alignItems: "end" }}
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(text.trim() ? { text: text.trim() } : null);
      }}
    >
      <TextInput
        label="What it shows"
        size="xs"
        w={150}
        type="search"
        placeholder="e.g. a large purple cell"
        maxLength={500}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          if (!event.currentTarget.value && wanted) onSearch(null);
        }}
      />
      <Button type="submit" size="xs" variant="default" disabled={!text.trim()}>
        Search
      </Button>
    </form>
  );
}
