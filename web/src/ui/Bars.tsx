import { useState } from "react";
import { ShowMore } from "./ShowMore";
import classes from "./ui.module.css";

export interface Bar {
  name: string;
  count: number;
  color: string;
  /** What the number means, when its name does not say. */
  note?: string;
}

const FEW = 20;

/** Counts side by side, each with its number: as readable as a table, quicker to compare. */
export function Bars({ bars, label }: { bars: readonly Bar[]; label: string }) {
  const [all, setAll] = useState(false);
  const most = bars.reduce((highest, { count }) => Math.max(highest, count), 1);
  const shown = all ? bars : bars.slice(0, FEW);
  const list = (
    <ul className={classes.bars} aria-label={label}>
      {shown.map(({ name, count, color, note }) => (
        <li key={name} title={note}>
          <span className={classes.barName}>{name}</span>
          <span className={classes.barTrack}>
            <span className={classes.bar} style={{ width: `${(100 * count) / most}%`, background: color }} />
          </span>
          <span className={classes.barCount}>{count.toLocaleString()}</span>
        </li>
      ))}
    </ul>
  );
  if (shown.length === bars.length) return list;
  return (
    <>
      {list}
      <ShowMore says={`Show all ${bars.length.toLocaleString()}`} onMore={() => setAll(true)} />
    </>
  );
}
