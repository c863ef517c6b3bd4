import { Button, Group, Paper, Table, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { client, dataOf, idempotencyKey } from "../../api/client";
import { categoriesQuery } from "../../api/queries";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Page } from "../../ui/Page";
import { ShowMore } from "../../ui/ShowMore";
import { CategoryRow } from "./CategoryRow";

/** A row has five fields: hundreds at once are slow to show and no easier to find one's way in. */
const PAGE = 100;

export function CategoriesPage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(categoriesQuery(projectId, true));
  const [name, setName] = useState("");
  const [sought, setSought] = useState("");
  const [most, setMost] = useState(PAGE);
  const all = data?.items ?? [];
  const active = all.filter(({ state }) => state === "active");
  const found = active
    .map((category, place) => ({ category, place }))
    .filter(({ category }) => category.name.toLocaleLowerCase().includes(sought.trim().toLocaleLowerCase()));
  const gone = all.filter(({ state }) => state !== "active");
  const nameOf = new Map(all.map((category) => [category.id, category.name]));
  const add = useMutation({
    mutationFn: (key: string) =>
      dataOf(
        client.POST("/api/projects/{project_id}/categories", {
          params: { path: { project_id: projectId } },
          body: { name: name.trim() },
          headers: { "Idempotency-Key": key },
        }),
      ),
    onSuccess: () => {
      setName("");
      return queries.invalidateQueries({ queryKey: ["categories"] });
    },
  });
  const bringBack = useMutation({
    mutationFn: (id: string) =>
      dataOf(client.POST("/api/categories/{category_id}/unmerge", { params: { path: { category_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["categories"] }),
  });
  return (
    <Page
      title="Categories"
      lead="What a thing on a picture can be. The keys pick a category while you draw; a merge can be undone, whole."
    >
      {error && <ErrorPanel error={error} onRetry={() => void refetch()} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) add.mutate(idempotencyKey());
        }}
      >
        <Group align="end" mb="md">
          <TextInput
            label="New category"
            placeholder="e.g. red blood cell"
            maxLength={255}
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <Button type="submit" loading={add.isPending} disabled={!name.trim()}>
            Add
          </Button>
          {active.length > PAGE && (
            <TextInput
              label="Find"
              placeholder="part of the name"
              value={sought}
              onChange={(e) => {
                setSought(e.currentTarget.value);
                setMost(PAGE);
              }}
            />
          )}
        </Group>
      </form>
      {add.error && <ErrorPanel error={add.error} />}
      {data && active.length === 0 && (
        <Empty>A category is what a thing is, such as “cell” or “screw”. Add the first one.</Empty>
      )}
      {active.length > 0 && (
        <Paper withBorder p="xs" maw={1120}>
          <Table.ScrollContainer minWidth={720}>
            <Table verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Colour</Table.Th>
                  <Table.Th>Name</Table.Th>
                  <Table.Th>Key</Table.Th>
                  <Table.Th ta="right">Annotations</Table.Th>
                  <Table.Th>Merge or remove</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {found.slice(0, most).map(({ category, place }) => (
                  <CategoryRow key={category.id} place={place} category={category} active={active} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {found.length > most && (
            <ShowMore says={`Show more of ${found.length.toLocaleString()}`} onMore={() => setMost(most + PAGE)} />
          )}
        </Paper>
      )}
      {gone.length > 0 && (
        <section aria-label="Merged and removed categories">
          <Title order={2} size="h5" mt="lg" mb="xs">
            Merged and removed
          </Title>
          {gone.map((category) => (
            <Group key={category.id} gap="sm" mb={6}>
              <Text size="sm">
                {category.name}:{" "}
                {category.into_id ? `counts as ${nameOf.get(category.into_id) ?? "another"}` : "removed"}
              </Text>
              <Button
                size="compact-xs"
                variant="default"
                loading={bringBack.isPending && bringBack.variables === category.id}
                onClick={() => bringBack.mutate(category.id)}
              >
                Undo
              </Button>
            </Group>
          ))}
          {bringBack.error && <ErrorPanel error={bringBack.error} />}
        </section>
      )}
    </Page>
  );
}
