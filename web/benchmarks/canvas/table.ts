export interface Row {
  readonly figure: string;
  readonly measured: string;
  readonly target: string;
  readonly reached: boolean | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => quantile(values, 0.5);
export const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

export function print(rows: readonly Row[]): string {
  const verdict = (row: Row) => (row.reached === null ? "–" : row.reached ? "yes" : "NO");
  const cells = [
    ["Figure", "Measured", "Must reach", "Reached"],
    ...rows.map((row) => [row.figure, row.measured, row.target, verdict(row)]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head, ...body] = cells;
  return [line(head ?? []), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...body.map(line)].join(
    "\n",
  );
}
