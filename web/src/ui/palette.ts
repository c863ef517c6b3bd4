/** Okabe and Ito's colours (2008), told apart by colour-blind eyes; black is left out for the dark theme. */
const COLORS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a800", "#7a7a7a"] as const;

export function lineColor(index: number): string {
  return COLORS[index % COLORS.length] ?? COLORS[0];
}
