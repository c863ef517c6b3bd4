import { UnstyledButton } from "@mantine/core";
import { useEffect, useRef } from "react";
import classes from "./annotate.module.css";
import { useEditor, useWorkplace } from "./WorkplaceContext";

export interface Suggestion {
  readonly image_id: string;
  readonly rank: number;
  readonly score: number | null;
  readonly reason: string;
}

/** The query batch: which pictures the loop wants next, each with the reason why. */
export function Filmstrip({ suggestions }: { suggestions: readonly Suggestion[] }) {
  const { workplace } = useWorkplace();
  const open = useEditor((state) => state.image?.id);
  const current = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current frame follows the open image
  useEffect(() => current.current?.scrollIntoView({ block: "nearest", inline: "nearest" }), [open]);
  return (
    <nav className={classes.strip} aria-label="Suggested pictures" data-pane>
      {suggestions.map(({ image_id, rank, reason }) => (
        <UnstyledButton
          key={image_id}
          ref={image_id === open ? current : null}
          className={classes.frame}
          aria-current={image_id === open}
          aria-label={`Suggestion ${rank + 1}: ${reason}`}
          title={reason}
          onClick={() => void workplace.open(image_id)}
        >
          <img src={`/api/images/${image_id}/thumbnail?size=256`} alt="" loading="lazy" />
          <span className={classes.reason}>{reason}</span>
        </UnstyledButton>
      ))}
    </nav>
  );
}
