import { differencesOf } from "./differences";

/** Where the run and the labels differ: what the run found in red, the label that it doubts in yellow. */
export function DifferenceOverlay({
  image,
  details,
}: {
  image: { width: number; height: number };
  details: Record<string, unknown>;
}) {
  const differences = differencesOf(details);
  if (differences.length === 0) return null;
  return (
    <svg viewBox={`0 0 ${image.width} ${image.height}`} preserveAspectRatio="xMidYMid meet" aria-hidden="true">
      {differences.map(({ box, side }) => (
        <rect
          key={`${side} ${box.x} ${box.y} ${box.width} ${box.height}`}
          x={box.x}
          y={box.y}
          width={box.width}
          height={box.height}
          fill={side === "found" ? "#ff00331f" : "#ffd4001f"}
          stroke={side === "found" ? "#ff0033" : "#ffd400"}
          strokeWidth={3}
          strokeDasharray={side === "found" ? "6 4" : undefined}
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </svg>
  );
}
