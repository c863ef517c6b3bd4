import type { ThumbnailShape } from "../api/types";

type Drawn = Pick<ThumbnailShape, "category_id" | "geometry" | "layer"> & { faint?: boolean };

interface Props {
  image: { width: number; height: number };
  shapes: readonly Drawn[];
  colors: ReadonlyMap<string, string>;
}

/** Shapes over a picture that is fitted into its frame; proposals are dashed, what would be left out is faint. */
export function ShapeOverlay({ image, shapes, colors }: Props) {
  return (
    <svg viewBox={`0 0 ${image.width} ${image.height}`} preserveAspectRatio="xMidYMid meet" aria-hidden="true">
      {shapes.map((shape, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the shapes of a thumbnail have no ids and never move
        <Outline key={index} shape={shape} color={colors.get(shape.category_id) ?? "#888888"} />
      ))}
    </svg>
  );
}

function Outline({ shape, color }: { shape: Drawn; color: string }) {
  const { geometry } = shape;
  const style = {
    fill: "none",
    stroke: color,
    strokeWidth: 2,
    opacity: shape.faint ? 0.35 : 1,
    vectorEffect: "non-scaling-stroke" as const,
    ...(shape.layer === "prediction" ? { strokeDasharray: "4 3" } : {}),
  };
  if (geometry.type === "box")
    return <rect x={geometry.x} y={geometry.y} width={geometry.width} height={geometry.height} {...style} />;
  if (geometry.type === "polygon")
    return (
      <path
        d={geometry.rings.map((ring) => `M${ring.map((point) => point.join(" ")).join("L")}Z`).join("")}
        {...style}
      />
    );
  return null;
}
