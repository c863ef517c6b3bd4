import { Link } from "@tanstack/react-router";
import { type MouseEvent, memo } from "react";
import type { Image, ThumbnailShape } from "../../api/types";
import { type ImageFilter, STATE_NAMES } from "./Filters";
import { queryOf } from "./filterQuery";
import classes from "./pictures.module.css";

interface Props {
  projectId: string;
  image: Image;
  size: number;
  colors: ReadonlyMap<string, string>;
  filter: ImageFilter;
  selected: boolean;
  onPick: (event: MouseEvent) => void;
}

export const Tile = memo(function Tile({ projectId, image, size, colors, filter, selected, onPick }: Props) {
  const filterText = queryOf(filter);
  return (
    <figure className={classes.tile} data-selected={selected || undefined}>
      <Link
        to="/projects/$projectId/annotate/{-$imageId}"
        params={{ projectId, imageId: image.id }}
        search={filterText ? { filter: filterText } : {}}
        className={classes.picture}
        style={{ height: size }}
        aria-label={`Annotate ${image.file_name}`}
      >
        <img
          src={`/api/images/${image.id}/thumbnail?size=256`}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
        />
        <svg viewBox={`0 0 ${image.width} ${image.height}`} preserveAspectRatio="xMidYMid meet" aria-hidden="true">
          {image.shapes?.map((shape, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the shapes of a thumbnail have no ids and never move
            <Outline key={index} shape={shape} color={colors.get(shape.category_id) ?? "#888888"} />
          ))}
        </svg>
      </Link>
      <button
        type="button"
        className={classes.check}
        aria-pressed={selected}
        aria-label={`Select ${image.file_name}`}
        onClick={onPick}
      >
        {selected ? "✓" : ""}
      </button>
      <figcaption className={classes.caption} title={image.file_name}>
        <span className={classes.state} data-state={image.state} title={STATE_NAMES[image.state]} />
        <span className={classes.fileName}>{image.file_name}</span>
        <span title={`${image.annotation_count} annotations, ${image.prediction_count} proposals`}>
          {image.annotation_count}
          {image.prediction_count > 0 && ` +${image.prediction_count}`}
        </span>
      </figcaption>
    </figure>
  );
});

function Outline({ shape, color }: { shape: ThumbnailShape; color: string }) {
  const { geometry } = shape;
  const style = {
    fill: "none",
    stroke: color,
    strokeWidth: 2,
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
