"""The platform's states and read rows in the model's words, so that whole objects can be compared."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from domain.geometry import Geometry
from domain.image import ImageState
from domain.project import ProjectState
from tests.faults.model_image import ModelImage
from tests.faults.model_project import ModelProject
from tests.faults.model_world import World


def image_of_model(image: ModelImage) -> dict[str, Any]:
    return {
        "version": image.version, "review": image.review, "trashed": image.trashed, "claimed_by": image.claimed_by,
        "human_version": image.human_version, "annotations": image.annotations,
    }  # fmt: skip


def image_of_state(state: ImageState) -> dict[str, Any]:
    return {
        "version": state.version, "review": state.state, "trashed": state.trashed, "claimed_by": state.claimed_by,
        "human_version": state.human_version,
        "annotations": {
            key: {
                "category": one.category_id, "geometry": one.geometry, "source": one.source, "by": one.created_by,
                "version": one.version, "confidence": one.confidence, "prediction": one.prediction_id,
                "run": one.run_id,
            }
            for key, one in state.annotations.items()
        },
    }  # fmt: skip


def project_of_model(project: ModelProject) -> dict[str, Any]:
    return {"version": project.version, "trashed": project.trashed, "categories": project.categories}


def project_of_state(state: ProjectState) -> dict[str, Any]:
    categories = {
        key: {
            "name": one.name, "color": one.color, "hotkey": one.hotkey, "into": one.into_id, "removed": one.removed,
            "ordinal": one.ordinal,
        }
        for key, one in state.categories.items()
    }  # fmt: skip
    return {"version": state.version, "trashed": state.trashed, "categories": categories}


def tables_of_model(world: World) -> dict[str, Any]:
    return {
        "project": project_of_model(world.project),
        "images": {
            key: image_of_model(image) | {"reason": image.reason, "annotation_count": len(image.annotations)}
            for key, image in world.images.items()
        },
        "predictions": {key: one["state"] for image in world.images.values() for key, one in image.predictions.items()},
    }


async def tables_of_platform(pool: asyncpg.Pool, project_id: UUID) -> dict[str, Any]:
    project = await pool.fetchrow("SELECT version, trashed FROM projects WHERE project_id = $1", project_id)
    assert project is not None
    categories = await pool.fetch(
        "SELECT category_id, name, color, hotkey, into_id AS into, removed, ordinal FROM categories "
        "WHERE project_id = $1 ORDER BY ordinal",
        project_id,
    )
    images = await pool.fetch(
        "SELECT image_id, version, state AS review, trashed, claimed_by, human_version, reject_reason AS reason, "
        "annotation_count FROM images WHERE project_id = $1",
        project_id,
    )
    annotations = await pool.fetch(
        "SELECT image_id, annotation_id, category_id AS category, geometry, source, confidence, "
        "prediction_id AS prediction, run_id AS run, created_by AS by, version FROM annotations WHERE project_id = $1",
        project_id,
    )
    predictions = await pool.fetch("SELECT prediction_id, state FROM predictions WHERE project_id = $1", project_id)
    of_image: dict[UUID, dict[UUID, Any]] = {row["image_id"]: {} for row in images}
    for row in annotations:
        geometry = msgspec.json.decode(row["geometry"], type=Geometry)
        of_image[row["image_id"]][row["annotation_id"]] = _rest(row, "image_id", "annotation_id") | {
            "geometry": geometry
        }
    return {
        "project": {
            **dict(project), "categories": {row["category_id"]: _rest(row, "category_id") for row in categories},
        },
        "images": {
            row["image_id"]: _rest(row, "image_id") | {"annotations": of_image[row["image_id"]]} for row in images
        },
        "predictions": {row["prediction_id"]: row["state"] for row in predictions},
    }  # fmt: skip


def _rest(row: asyncpg.Record, *keys: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in keys}
