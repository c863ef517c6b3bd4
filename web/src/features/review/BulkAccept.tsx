import { Button, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, client, dataOf } from "../../api/client";
import { annotationsQuery } from "../../api/queries";
import { inParallel } from "../../ui/inParallel";
import type { Waiting } from "./ReviewPage";
import { acceptCommands } from "./triage";
import { together, type Verdict, verdictOn } from "./verdicts";

/** Accept every picture of the list at once, each as Enter would; what the server refuses stays in the list. */
export function BulkAccept({
  waiting,
  from,
  onDone,
}: {
  waiting: readonly Waiting[];
  from: number;
  onDone: (ids: readonly string[], verdict: Verdict | null) => void;
}) {
  const queries = useQueryClient();
  const run = useMutation({
    mutationFn: async () => {
      const done: string[] = [];
      const verdicts: Verdict[] = [];
      let refused = 0;
      await inParallel(waiting, async ({ image }) => {
        try {
          const { predictions } = await queries.fetchQuery(annotationsQuery(image.id));
          const commands = acceptCommands(image, predictions, from);
          if (commands.length > 0) {
            const reply = await dataOf(
              client.POST("/api/images/{image_id}/commands", {
                params: { path: { image_id: image.id } },
                body: { commands },
              }),
            );
            const verdict = verdictOn(image.id, reply);
            if (verdict) verdicts.push(verdict);
          }
          done.push(image.id);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          refused += 1;
        }
      });
      return { done, refused, verdict: together(verdicts) };
    },
    onSuccess: ({ done, verdict }) => onDone(done, verdict),
  });
  return (
    <>
      <Button size="xs" variant="default" my="xs" fullWidth loading={run.isPending} onClick={() => run.mutate()}>
        Accept all {waiting.length} in the list
      </Button>
      {run.data && run.data.refused > 0 && (
        <Text size="xs" role="alert">
          {run.data.refused} were refused and stay.
        </Text>
      )}
    </>
  );
}
