import { Text, useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import classes from "./ui.module.css";

export interface Line {
  label: string;
  color: string;
  values: readonly (number | null | undefined)[];
  dashed?: boolean;
}

/** A shaded strip between two rows of values, such as an interval. */
export interface Band {
  low: readonly (number | null | undefined)[];
  high: readonly (number | null | undefined)[];
  color: string;
}

interface Props {
  /** What the picture says, for who cannot see it. */
  label: string;
  /** Whether everybody sees what it says. */
  title?: boolean;
  xLabel: string;
  x: readonly number[];
  lines: readonly Line[];
  bands?: readonly Band[];
  height?: number;
  /** Keep the y axis from 0 to 1. */
  share?: boolean;
  /** The x axis is no count but runs from 0 to 1. */
  xShare?: boolean;
}

const INK = { light: "#495057", dark: "#c9c9c9" };
/** Epochs and pictures are counted: no half ones on the axis. */
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
const GRID = { light: "#e9ecef", dark: "#3b3b3b" };

/** Lines over a common x, thousands of points at ease; redrawn when the theme or the width changes. */
export function LineChart({ label, title, xLabel, x, lines, bands = [], height = 220, share, xShare }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme("light");
  const shape = JSON.stringify([
    lines.map((l) => [l.label, l.color, l.dashed]),
    bands.length,
    scheme,
    height,
    share,
    xShare,
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for all that makes another chart; values go in below
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const axis = { stroke: INK[scheme], grid: { stroke: GRID[scheme], width: 1 }, ticks: { show: false } };
    const hidden = bands.flatMap(({ color }) => [
      { stroke: color, width: 0, points: { show: false } },
      { stroke: color, width: 0, points: { show: false } },
    ]);
    const made = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        scales: {
          x: { time: false, ...(xShare ? { range: [0, 1] as [number, number] } : {}) },
          y: share ? { range: [0, 1] } : {},
        },
        axes: [
          {
            ...axis,
            label: xLabel,
            labelSize: 18,
            labelFont: "12px system-ui",
            size: 30,
            ...(xShare ? {} : { incrs: WHOLE_STEPS }),
          },
          { ...axis, size: 46 },
        ],
        series: [
          {},
          ...lines.map((line) => ({
            label: line.label,
            stroke: line.color,
            width: 2,
            spanGaps: true,
            ...(line.dashed ? { dash: [6, 4] } : {}),
            points: { show: x.length < 30, size: 5, fill: line.color },
          })),
          ...hidden,
        ],
        bands: bands.map(({ color }, index) => ({
          series: [lines.length + 2 + 2 * index, lines.length + 1 + 2 * index] as [number, number],
          fill: `${color}33`,
        })),
      },
      dataOf(x, lines, bands),
      element,
    );
    chart.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: Math.max(200, element.clientWidth), height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [shape, xLabel]);

  useEffect(() => {
    chart.current?.setData(dataOf(x, lines, bands));
  }, [x, lines, bands]);

  return (
    <figure style={{ margin: 0 }}>
      {title && (
        <Text component="figcaption" size="sm" fw={500}>
          {label}
        </Text>
      )}
      <div ref={host} role="img" aria-label={label} className={classes.chart} />
      <ul className={classes.legend}>
        {lines.map((line) => (
          <li key={line.label}>
            <span className={classes.swatch} style={{ background: line.color }} />
            {line.label}
            {lastOf(line.values)}
          </li>
        ))}
      </ul>
    </figure>
  );
}

function dataOf(x: readonly number[], lines: readonly Line[], bands: readonly Band[]): uPlot.AlignedData {
  return [
    [...x],
    ...lines.map((line) => [...line.values]),
    ...bands.flatMap((band) => [[...band.low], [...band.high]]),
  ] as uPlot.AlignedData;
}

function lastOf(values: Line["values"]): string {
  const last = values.findLast((value) => typeof value === "number");
  return last == null ? "" : ` ${last.toFixed(3)}`;
}
