const PATHS = {
  select: "M5 3l14 8-6 2-3 6z",
  box: "M4 5h16v14H4z",
  extremes: "M12 3v4M12 17v4M3 12h4M17 12h4M12 12h.01",
  polygon: "M12 3l8 6-3 11H7L4 9z",
  cut: "M6 3a3 3 0 100 6 3 3 0 000-6zM6 15a3 3 0 100 6 3 3 0 000-6zM8.500 7.500L20 19M8.500 16.500L20 5",
  pan: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  undo: "M9 7L4 12l5 5M4 12h11a5 5 0 010 10h-3",
  redo: "M15 7l5 5-5 5M20 12H9a5 5 0 000 10h3",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 100 6 3 3 0 000-6z",
  eyeOff:
    "M3 3l18 18M10 5.3A10 10 0 0112 5c6 0 10 7 10 7a18 18 0 01-3 3.6M6 6.500C3.500 8.300 2 12 2 12s4 7 10 7a9 9 0 004-1",
  lock: "M6 11h12v9H6zM8 11V8a4 4 0 018 0v3",
  unlock: "M6 11h12v9H6zM8 11V8a4 4 0 017.500-2",
  check: "M5 12l5 5L20 7",
  cross: "M6 6l12 12M18 6L6 18",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500L19 19M5 19l1.500-1.500M17.500 6.500L19 5",
  keyboard: "M2 6h20v12H2zM6 10h.01M10 10h.01M14 10h.01M18 10h.01M7 14h10",
  search: "M11 4a7 7 0 100 14 7 7 0 000-14zM20 20l-4-4",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  panel: "M3 4h18v16H3zM15 4v16",
} as const;

export type IconName = keyof typeof PATHS;

/** Line icons of one weight, in the text's colour; the label is on the control that holds them. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
