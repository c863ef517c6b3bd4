import { Anchor, Text, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import classes from "./annotate.module.css";
import { Icon } from "./icons";
import type { Batch } from "./useBatch";
import { useEditor, useWorkplace } from "./WorkplaceContext";

export interface Suggestion {
  readonly image_id: string;
  readonly rank: number;
  readonly score: number | null;
  readonly reason: string;
}

/** The query batch: which pictures the loop wants next, each with the reason why, and how much of it is done. */
export function Filmstrip({ projectId, batch }: { projectId: string; batch: Batch }) {
  const { workplace } = useWorkplace();
  const open = useEditor((state) => state.image?.id);
  const current = useRef<HTMLButtonElement>(null);
  // Not as the effect's answer: scrolling answers with a promise in newer browsers, and React takes it for a clean-up.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current frame follows the open image
  useEffect(() => {
    current.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [open]);
  const isDone = (id: string) => batch.done.has(id);
  return (
    <nav className={classes.strip} aria-label="Suggested pictures" data-pane>
      <div style={{ flex: "none", width: 92, alignSelf: "center" }} data-testid="batch-progress">
        <Text size="sm" fw={600}>
          {batch.done.size} of {batch.images.length}
        </Text>
        <Text size="xs" className={classes.quiet}>
          suggestions done
        </Text>
        {batch.known && batch.next === null && (
          <Anchor
            size="xs"
            renderRoot={(props) => <Link to="/projects/$projectId/train" params={{ projectId }} {...props} />}
          >
            Train now
          </Anchor>
        )}
      </div>
      {batch.images.map(({ image_id, rank, reason }) => (
        <UnstyledButton
          key={image_id}
          ref={image_id === open ? current : null}
          className={classes.frame}
          pos="relative"
          aria-current={image_id === open}
          aria-label={`Suggestion ${rank}${isDone(image_id) ? ", done" : ""}: ${reason}`}
          title={reason}
          onClick={() => void workplace.open(image_id)}
        >
          <img src={`/api/images/${image_id}/thumbnail?size=256`} alt="" loading="lazy" />
          {isDone(image_id) && (
            <span
              style={{
                position: "absolute",
                top: 5,
                right: 5,
                display: "flex",
                padding: 2,
                borderRadius: 99,
                color: "#ffffff",
                background: "#2b8a3e",
              }}
            >
              <Icon name="check" size={12} />
            </span>
          )}
          <span className={classes.reason}>{reason}</span>
        </UnstyledButton>
      ))}
    </nav>
  );
}
