import { Link } from "@tanstack/react-router";
import { type MouseEvent, memo } from "react";
import type { Image } from "../../api/types";
import { STATE_NAMES } from "../../ui/reviewStates";
import { ShapeOverlay } from "../../ui/ShapeOverlay";
import type { ImageFilter } from "./Filters";
import { queryOf } from "./filterQuery";
import classes from "./pictures.module.css";

interface Props {
  projectId: string;
  image: Image;
  index: number;
  height: number;
  colors: ReadonlyMap<string, string>;
  filter: ImageFilter;
  selected: boolean;
  /** These two must be the same functions from render to render, else every tile is made anew with each. */
  onPick: (index: number, event: MouseEvent) => void;
  onSimilar?: (imageId: string) => void;
}

export const Tile = memo(function Tile(props: Props) {
  const { projectId, image, index, height, colors, filter, selected, onPick, onSimilar } = props;
  const { trashed: _trashed, ...walked } = filter;
  const filterText = queryOf(walked);
  return (
    <figure className={classes.tile} data-selected={selected || undefined}>
      <Link
        to="/projects/$projectId/annotate/{-$imageId}"
        params={{ projectId, imageId: image.id }}
        search={filterText ? { filter: filterText } : {}}
        className={classes.picture}
        style={{ height }}
        aria-label={`Annotate ${image.file_name}`}
      >
        <img
          src={`/api/images/${image.id}/thumbnail?size=256`}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
        />
        <ShapeOverlay image={image} shapes={image.shapes ?? []} colors={colors} />
      </Link>
      <button
        type="button"
        className={classes.check}
        aria-pressed={selected}
        aria-label={`Select ${image.file_name}`}
        onClick={(event) => onPick(index, event)}
      >
        {selected ? "✓" : ""}
      </button>
      {onSimilar && (
        <button
          type="button"
          className={classes.similar}
          aria-label={`Find pictures like ${image.file_name}`}
          title="Find pictures like this"
          onClick={() => onSimilar(image.id)}
        >
          ≈
        </button>
      )}
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
