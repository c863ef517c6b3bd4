import { Button, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { makeDemo } from "./makeDemo";

/** Makes the demo project and goes where its loop goes on. */
export function DemoButton() {
  const [words, setWords] = useState("");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const make = useMutation({
    mutationFn: () => makeDemo(setWords),
    onSuccess: (projectId) => navigate({ to: "/projects/$projectId/train", params: { projectId } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["projects"] }),
  });
  return (
    <>
      <Button size="md" variant="default" loading={make.isPending} onClick={() => make.mutate()}>
        Make a demo project
      </Button>
      {make.isPending && (
        <Text size="sm" role="status">
          {words}
        </Text>
      )}
      {make.error && <ErrorPanel error={make.error} />}
    </>
  );
}
