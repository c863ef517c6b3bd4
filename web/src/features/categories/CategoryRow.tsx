import { Button, ColorInput, Group, Select, Table, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ACTION } from "../../annotate/actions";
import { actionBehind, bindingsOf, readKeys } from "../../annotate/keymap";
import { client, dataOf } from "../../api/client";
import type { Category } from "../../api/types";

type Change = { name?: string; color?: string; hotkey?: string };

interface Props {
  category: Category;
  /** Among the active ones: its digit unless it has a key of its own. */
  place: number;
  active: readonly Category[];
}

export function CategoryRow({ category, place, active }: Props) {
  const queries = useQueryClient();
  const [name, setName] = useState(category.name);
  const [hotkey, setHotkey] = useState(category.hotkey ?? "");
  // An action's key would win on the annotation page, so it cannot be given away.
  const taken = ACTION.get(actionBehind(bindingsOf(readKeys()), hotkey) ?? "");
  const [target, setTarget] = useState<string | null>(null);
  // Every row offers all others: they are made for the one that is asked.
  const [choosing, setChoosing] = useState(false);
  const others = choosing ? active.filter(({ id }) => id !== category.id) : [];
  const params = { path: { category_id: category.id } };
  const onSettled = () => queries.invalidateQueries({ queryKey: ["categories"] });
  const change = useMutation({
    mutationFn: (body: Change) => dataOf(client.PATCH("/api/categories/{category_id}", { params, body })),
    onError: () => setName(category.name),
    onSettled,
  });
  const merge = useMutation({
    mutationFn: (into: string) =>
      dataOf(client.POST("/api/categories/{category_id}/merge", { params, body: { into } })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: (reassignTo: string | null) =>
      dataOf(
        client.DELETE("/api/categories/{category_id}", {
          params: { ...params, query: reassignTo ? { reassign_to: reassignTo } : {} },
        }),
      ),
    onSettled,
  });
  const error = change.error ?? merge.error ?? remove.error;
  return (
    <Table.Tr>
      <Table.Td w={150}>
        <ColorInput
          size="xs"
          aria-label={`Colour of ${category.name}`}
          defaultValue={category.color}
          format="hex"
          eyeDropperButtonProps={{ "aria-label": "Take a colour from the screen" }}
          onChangeEnd={(color) => change.mutate({ color })}
        />
      </Table.Td>
      <Table.Td>
        <TextInput
          size="xs"
          aria-label={`Name of ${category.name}`}
          value={name}
          maxLength={255}
          error={error?.message}
          onChange={(event) => setName(event.currentTarget.value)}
          onBlur={() => {
            if (name.trim() && name.trim() !== category.name) change.mutate({ name: name.trim() });
            else setName(category.name);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") event.currentTarget.blur();
          }}
        />
      </Table.Td>
      <Table.Td w={110}>
        <TextInput
          size="xs"
          aria-label={`Key of ${category.name}`}
          maxLength={1}
          placeholder={place < 9 ? String(place + 1) : ""}
          defaultValue={category.hotkey ?? ""}
          error={taken && `means “${taken.label}”`}
          onChange={(event) => setHotkey(event.currentTarget.value)}
          onBlur={() => {
            if (!taken && hotkey !== (category.hotkey ?? "")) change.mutate({ hotkey });
          }}
        />
      </Table.Td>
      <Table.Td ta="right">
        <Text size="sm">{category.count.toLocaleString()}</Text>
      </Table.Td>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <Select
            size="xs"
            aria-label={`Other category for ${category.name}`}
            placeholder="into …"
            clearable
            searchable
            limit={100}
            nothingFoundMessage="No other category"
            onFocus={() => setChoosing(true)}
            data={others.map(({ id, name: label }) => ({ value: id, label }))}
            value={target}
            onChange={setTarget}
          />
          <Button size="xs" variant="default" disabled={!target} onClick={() => target && merge.mutate(target)}>
            Merge
          </Button>
          <Button
            size="xs"
            variant="default"
            color="red"
            disabled={category.count > 0 && !target}
            title={category.count > 0 && !target ? "Choose where its annotations go first" : undefined}
            onClick={() => remove.mutate(target)}
          >
            Remove
          </Button>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
