import { Alert, Button, Group, Table, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { client, dataOf, idempotencyKey } from "../../api/client";
import { categoriesQuery } from "../../api/queries";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { CategoryRow } from "./CategoryRow";

export function CategoriesPage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(categoriesQuery(projectId, true));
  const [name, setName] = useState("");
  const all = data?.items ?? [];
  const active = all.filter(({ state }) => state === "active");
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
    <main>
      <Title order={1} size="h3" mb="sm">
        Categories
      </Title>
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
        </Group>
      </form>
      {add.error && <ErrorPanel error={add.error} />}
      {data && active.length === 0 && (
        <Alert color="blue">A category is what a thing is, such as “cell” or “screw”. Add the first one.</Alert>
      )}
      {active.length > 0 && (
        <Table.ScrollContainer minWidth={720}>
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Colour</Table.Th>
                <Table.Th>Name</Table.Th>
                <Table.Th>Key</Table.Th>
                <Table.Th>Annotations</Table.Th>
                <Table.Th>Merge or remove</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {active.map((category) => (
                <CategoryRow
                  key={category.id}
                  category={category}
                  others={active.filter(({ id }) => id !== category.id)}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
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
    </main>
  );
}
