import { useEffect, useState } from "react";
import classes from "./annotate.module.css";
import { useEditor } from "./WorkplaceContext";

const SHOWN_MS = 4000;
const REFUSAL_MS = 12_000;

/** The last thing worth telling, on the canvas and to screen readers; it goes away by itself. */
export function Notice() {
  const notice = useEditor((state) => state.notice);
  const [old, setOld] = useState<typeof notice>(null);
  useEffect(() => {
    if (!notice) return;
    const timer = setTimeout(() => setOld(notice), notice.kind === "refusal" ? REFUSAL_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  const shown = notice === old ? null : notice;
  return (
    <div role="status" aria-live="polite" data-testid="notice">
      {shown && (
        <div className={classes.notice} data-kind={shown.kind}>
          {shown.text}
        </div>
      )}
    </div>
  );
}
