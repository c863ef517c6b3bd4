import classes from "./ui.module.css";

export interface Bar {
  name: string;
  count: number;
  color: string;
  /** What the number means, when its name does not say. */
  note?: string;
}

/** Counts side by side, each with its number: as readable as a table, quicker to compare. */
export function Bars({ bars, label }: { bars: readonly Bar[]; label: string }) {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  return (
    <ul className={classes.bars} aria-label={label}>
      {bars.map(({ name, count, color, note }) => (
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
}
