import { Alert, Button, List } from "@mantine/core";
import { ApiError } from "../api/client";

/** What went wrong, in the server's words, and the way on. */
export function ErrorPanel({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const title = error instanceof ApiError ? error.problem.title : "Something went wrong";
  const detail = error instanceof Error ? error.message : String(error);
  return (
    <Alert color="red" title={title} m="md" role="alert">
      {detail}
      {error instanceof ApiError && error.problem.errors && error.problem.errors.length > 1 && (
        <List size="sm" mt={4}>
          {error.problem.errors.map((part) => (
            <List.Item key={part.pointer}>{part.detail}</List.Item>
          ))}
        </List>
      )}
      {onRetry && (
        <Button size="xs" variant="default" ml="md" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
