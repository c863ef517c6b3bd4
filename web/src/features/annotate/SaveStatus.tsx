import { Badge, Tooltip } from "@mantine/core";
import { useEffect, useReducer } from "react";
import { saveState } from "../../annotate/saveState";
import classes from "./annotate.module.css";
import { useAction, useBench, useEditor } from "./WorkplaceContext";

const COLOURS = { saved: "teal", keeping: "blue", waiting: "blue", offline: "orange", attention: "red" } as const;

/** The line that always says where the work is: saved, on its way, or kept here. */
export function SaveStatus() {
  const { outbox } = useBench();
  const position = useEditor((state) => state.server?.position ?? 0);
  const { run, keys } = useAction("save_now");
  const [, changed] = useReducer((n: number) => n + 1, 0);
  useEffect(() => outbox.listen({ changed, acknowledged: changed, refused: changed }), [outbox]);
  useEffect(() => {
    const listening = new AbortController();
    for (const event of ["online", "offline"]) window.addEventListener(event, changed, { signal: listening.signal });
    return () => listening.abort();
  }, []);
  const { text, kind } = saveState(outbox, position, navigator.onLine);
  return (
    <Tooltip label={`Every gesture is sent at once. ${keys} sends now what waits.`} multiline maw={240}>
      <span role="status" className={classes.saved}>
        <Badge
          component="button"
          variant="light"
          color={COLOURS[kind]}
          tt="none"
          radius="sm"
          size="lg"
          data-testid="save-state"
          data-kind={kind}
          onClick={run}
          style={{ cursor: "pointer" }}
        >
          {text}
        </Badge>
      </span>
    </Tooltip>
  );
}
