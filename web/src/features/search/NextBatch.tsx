import { Button, NumberInput, Popover, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client, dataOf, idempotencyKey } from "../../api/client";
import { queryBatchesQuery } from "../../api/queries";
import type { NewQueryBatch } from "../../api/types";
import { ago } from "../../ui/ago";
import { ErrorPanel } from "../../ui/ErrorPanel";

const WAYS: { value: NonNullable<NewQueryBatch["acquisition_function"]>; label: string }[] = [
  { value: "hybrid", label: "Hybrid: coverage first, then doubt (default)" },
  { value: "k_center", label: "k-center: farthest from all labelled" },
  { value: "cluster_centres", label: "Cluster centres: one of each kind" },
  { value: "typical", label: "Typical: the densest regions first" },
  { value: "uncertainty", label: "Uncertainty: where the run wavers" },
  { value: "random", label: "Random: for measuring" },
];

/** Choose the pictures that teach the most, and go and label them. */
export function NextBatch({ projectId }: { projectId: string }) {
  const queries = useQueryClient();
  const [budget, setBudget] = useState(20);
  const [way, setWay] = useState<string | null>("hybrid");
  const { data } = useQuery(queryBatchesQuery(projectId));
  const ask = useMutation({
    mutationFn: async (key: string) => {
      // Choosing looks at embeddings; what has none yet gets one first, and the jobs run in that order.
      await dataOf(
        client.POST("/api/projects/{project_id}/embeddings", { params: { path: { project_id: projectId } } }),
      );
      return dataOf(
        client.POST("/api/projects/{project_id}/query-batches", {
          params: { path: { project_id: projectId } },
          body: {
            budget,
            acquisition_function: (way ?? "hybrid") as NonNullable<NewQueryBatch["acquisition_function"]>,
          },
          headers: { "Idempotency-Key": key },
        }),
      );
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      void queries.invalidateQueries({ queryKey: ["query-batches"] });
    },
  });
  return (
    <Popover position="bottom-end" width={360} shadow="md" withArrow trapFocus>
      <Popover.Target>
        <Button size="xs">Choose what to label</Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Choose what to label">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            ask.mutate(idempotencyKey());
          }}
        >
          <NumberInput
            label="Pictures"
            size="sm"
            min={1}
            max={1000}
            allowDecimal={false}
            value={budget}
            onChange={(value) => setBudget(typeof value === "number" ? value : 20)}
          />
          <Select
            label="How"
            size="sm"
            mt="xs"
            allowDeselect={false}
            data={WAYS}
            value={way}
            onChange={setWay}
            comboboxProps={{ withinPortal: false }}
          />
          {ask.error && <ErrorPanel error={ask.error} />}
          <Button type="submit" fullWidth mt="sm" loading={ask.isPending}>
            Choose {budget} pictures
          </Button>
        </form>
        <Stack gap={4} mt="sm">
          {(data?.items ?? []).slice(0, 6).map((batch) => (
            <Text key={batch.id} size="sm">
              {batch.state === "selected" ? (
                <Link
                  to="/projects/$projectId/annotate/{-$imageId}"
                  params={{ projectId }}
                  search={{ batch: batch.id }}
                >
                  Label {batch.images.length} pictures
                </Link>
              ) : (
                `${batch.budget} pictures: ${batch.state}`
              )}
              , {batch.acquisition_function.replace("_", " ")}, {ago(batch.created_at)}
            </Text>
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
