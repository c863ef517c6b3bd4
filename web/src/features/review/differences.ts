interface DoubtedBox {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Difference {
  side: "label" | "found";
  box: DoubtedBox;
}

/** The boxes that a queue entry's details name, each once: doubted labels and what the run found instead. */
export function differencesOf(details: Record<string, unknown>): Difference[] {
  const listed = [details.differences, details.issues].find((each) => Array.isArray(each)) as unknown[] | undefined;
  const seen = new Map<string, Difference>();
  for (const each of listed ?? []) {
    for (const side of ["label", "found"] as const) {
      const box = (each as Record<string, unknown> | null)?.[side];
      if (isBox(box)) seen.set(`${side} ${box.x} ${box.y} ${box.width} ${box.height}`, { side, box });
    }
  }
  return [...seen.values()];
}

function isBox(value: unknown): value is DoubtedBox {
  const box = value as Record<string, unknown> | null | undefined;
  return (
    typeof box === "object" && box !== null && ["x", "y", "width", "height"].every((k) => typeof box[k] === "number")
  );
}
