"""COCO run-length masks: decoded, and outlined for formats that know polygons only."""

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from domain.geometry import Mask, Polygon

MIN_AREA_PX = 1.0


def decoded(mask: Mask) -> np.ndarray:
    """bool (height, width). Raises ValueError for counts that are no run-length code of that size."""
    height, width = mask.size
    try:
        pixels = coco_mask.decode({"size": [height, width], "counts": mask.counts.encode("ascii")})
    except (UnicodeEncodeError, ValueError, SystemError) as broken:
        raise ValueError(f"not a COCO run-length mask: {broken}") from broken
    return pixels.astype(bool)


def polygons_of_mask(mask: Mask) -> list[Polygon]:
    """The outer outline of each part of the mask; holes are filled, as YOLO's format has none."""
    pixels = decoded(mask).astype(np.uint8)
    outlines, _ = cv2.findContours(pixels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [
        Polygon((tuple((float(x), float(y)) for x, y in outline[:, 0, :]),))
        for outline in outlines
        if len(outline) >= 3 and cv2.contourArea(outline) >= MIN_AREA_PX
    ]
