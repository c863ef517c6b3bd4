import type { Schemas } from "../api/client";

/** "0.873", or a dash where there is no figure. */
export function figure(value: number | null | undefined, digits = 3): string {
  return value == null ? "–" : value.toFixed(digits);
}

/** "87 %", or a dash. */
export function percent(value: number | null | undefined, digits = 0): string {
  return value == null ? "–" : `${(100 * value).toFixed(digits)} %`;
}

/** "95 %: 0.812 to 0.901", or nothing where there is no interval. */
export function interval(range: Schemas["Range"] | undefined): string | undefined {
  return range?.low == null || range.high == null ? undefined : `${figure(range.low)} to ${figure(range.high)}`;
}

/** "2 h 5 min", "3 min 20 s", "12 s". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  if (h > 0) return `${h} h ${m} min`;
  return m > 0 ? `${m} min ${s} s` : `${s} s`;
}

/** "3.4 MB". */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
