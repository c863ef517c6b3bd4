"""Read models folded from raw log rows a second time, by nobody's code but this: what the platform must show.

Written from the words of the log (docs/glossary.md), not from the platform's folds, so that an error there is seen.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from tests.faults.history import Row

Tables = dict[str, dict[str, dict[str, Any]]]

KEYS = {
    "projects": "project_id",
    "categories": "category_id",
    "images": "image_id",
    "annotations": "annotation_id",
    "jobs": "job_id",
    "query_batches": "query_batch_id",
    "training_runs": "run_id",
    "exports": "export_id",
}

REVIEW_STATE = {
    "image.submitted": "submitted", "image.marked_empty": "submitted", "image.approved": "approved",
    "image.rejected": "rejected", "image.reopened": "in_progress", "annotation.drawn": "in_progress",
    "annotation.reshaped": "in_progress", "annotation.recategorised": "in_progress",
    "annotation.deleted": "in_progress", "annotation.restored": "in_progress", "prediction.accepted": "in_progress",
    "predictions.accepted": "auto",
}  # fmt: skip
HUMAN = {*REVIEW_STATE, "annotations.imported", "prediction.rejected", "prediction.reopened"} - {"predictions.accepted"}
ENDED = {"succeeded", "failed", "cancelled"}


def fold_log(log: Iterable[Row]) -> Tables:
    """Table -> key -> row, after the whole log."""
    tables: Tables = {table: {} for table in KEYS}
    for row in log:
        area, _, what = row.type.partition(".")
        match area:
            case "project" | "category" | "run":
                _project(tables, row, what)
            case "image" | "annotation" | "annotations" | "prediction" | "predictions":
                if row.type != "predictions.recorded":
                    _image(tables, row, what)
            case "job":
                _job(tables["jobs"], row, what)
            case "query_batch":
                _query_batch(tables, row)
            case "training":
                _training(tables["training_runs"], row, what)
            case "export":
                _export(tables["exports"], row, what)
            case "comment":
                pass
            case _:
                raise LookupError(f"position {row.position} holds the unknown type {row.type}")
    count = Counter(annotation["image_id"] for annotation in tables["annotations"].values())
    for image_id, image in tables["images"].items():
        image["annotation_count"] = count[image_id]
    return tables


def _project(tables: Tables, row: Row, what: str) -> None:
    data = row.data
    if row.type == "project.created":
        kept = {name: data[name] for name in ("name", "description", "task", "settings")}
        tables["projects"][row.stream_id] = {
            "project_id": row.stream_id, **kept, "trashed": False, "promoted_run_id": None, "version": 0,
            "created_at": row.recorded_at,
        }  # fmt: skip
    project = tables["projects"][row.stream_id]
    project |= {"version": row.version, "updated_at": row.recorded_at}
    match row.type:
        case "project.renamed":
            project |= {"name": data["name"], "description": data["description"]}
        case "project.configured":
            project["settings"] = data["settings"]
        case "project.trashed" | "project.restored":
            project["trashed"] = what == "trashed"
        case "run.promoted":
            project["promoted_run_id"] = data["run_id"]
    if not row.type.startswith("category."):
        return
    if what == "added":
        tables["categories"][data["category_id"]] = {
            **data, "project_id": row.project_id, "into_id": None, "removed": False,
        }  # fmt: skip
    category = tables["categories"][data["category_id"]]
    category["version"] = row.version
    match what:
        case "renamed":
            category["name"] = data["name"]
        case "recoloured":
            category |= {"color": data["color"], "hotkey": data["hotkey"]}
        case "merged":
            category["into_id"] = data["into_id"]
        case "unmerged":
            category |= {"into_id": None, "removed": False}
        case "removed":
            category |= {"into_id": data["reassign_to"], "removed": True}


def _image(tables: Tables, row: Row, what: str) -> None:
    data, annotations = row.data, tables["annotations"]
    if row.type == "image.registered":
        tables["images"][row.stream_id] = {
            **data, "image_id": row.stream_id, "project_id": row.project_id, "position": row.position,
            "state": "unlabelled", "trashed": False, "erased": False, "audit": False, "claimed_by": None,
            "reject_reason": None, "query_batch_id": None, "human_version": 0, "human_position": None,
            "created_at": row.recorded_at,
        }  # fmt: skip
    image = tables["images"][row.stream_id]
    image |= {"version": row.version, "updated_at": row.recorded_at}
    image["state"] = REVIEW_STATE.get(row.type, image["state"])
    if row.type in HUMAN:
        image |= {"human_version": row.version, "human_position": row.position}
    match row.type:
        case "annotation.drawn":
            _put(annotations, row, data)
        case "annotation.restored":
            _put(annotations, row, data["annotation"])
        case "prediction.accepted":
            _put(annotations, row, {**data, "source": "model"})
        case "annotations.imported" | "predictions.accepted":
            for record in data["annotations"]:
                _put(annotations, row, record)
            image["state"] = data.get("state", image["state"])
        case "predictions.withdrawn":
            for record in data["annotations"]:
                del annotations[record["annotation_id"]]
            image["state"] = data["state"]
        case "image.reverted":
            image["state"] = data["state"]
        case "annotation.reshaped":
            shape = {"geometry": data["geometry"], **_extent(data["geometry"])}
            annotations[data["annotation_id"]] |= {**shape, "version": row.version}
        case "annotation.recategorised":
            annotations[data["annotation_id"]] |= {"category_id": data["category_id"], "version": row.version}
        case "annotation.deleted":
            del annotations[data["annotation_id"]]
        case "image.erased":
            for annotation_id in [key for key, one in annotations.items() if one["image_id"] == row.stream_id]:
                del annotations[annotation_id]
            image |= {"trashed": True, "erased": True, "file_name": "", "digest": "", "reject_reason": None}
        case "image.trashed" | "image.restored":
            image["trashed"] = what == "trashed"
        case "image.rejected":
            image["reject_reason"] = data["reason"]
        case "image.claimed" | "image.released":
            image["claimed_by"] = row.actor_id if what == "claimed" else None


def _put(annotations: dict[str, dict[str, Any]], row: Row, record: dict[str, Any]) -> None:
    annotations[record["annotation_id"]] = {
        "annotation_id": record["annotation_id"], "image_id": row.stream_id, "project_id": row.project_id,
        "category_id": record["category_id"], "geometry": record["geometry"], **_extent(record["geometry"]),
        "source": record["source"], "confidence": record.get("confidence"),
        "prediction_id": record.get("prediction_id"), "run_id": record.get("run_id"),
        "created_by": record.get("created_by") or row.actor_id, "version": row.version,
    }  # fmt: skip


def _extent(geometry: dict[str, Any]) -> dict[str, float]:
    match geometry:
        case {"type": "box", "x": x, "y": y, "width": width, "height": height}:
            return {"x": x, "y": y, "width": width, "height": height, "area": width * height}
        case {"type": "polygon", "rings": [outline, *holes]}:
            xs, ys = [x for x, _ in outline], [y for _, y in outline]
            size = max(0.0, _ring_area(outline) - sum(_ring_area(hole) for hole in holes))
            return {"x": min(xs), "y": min(ys), "width": max(xs) - min(xs), "height": max(ys) - min(ys), "area": size}
        case {"type": "mask", "size": [height, width]}:
            return {"x": 0.0, "y": 0.0, "width": width, "height": height, "area": width * height}
    raise LookupError(f"unknown geometry {geometry.get('type')}")


def _ring_area(ring: list[list[float]]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*ring, ring[0]]))) / 2


def _job(jobs: dict[str, dict[str, Any]], row: Row, what: str) -> None:
    data = row.data
    if what == "requested" and row.version == 1:
        jobs[row.stream_id] = {
            **data, "job_id": row.stream_id, "project_id": row.project_id, "result": None,
            "created_at": row.recorded_at, "started_at": None,
        }  # fmt: skip
    job = jobs[row.stream_id]
    job["version"] = row.version
    if what == "requested":
        fresh = {"state": "queued", "attempt": 0, "cancel_requested": False, "error": None, "error_tail": None}
        job |= {**fresh, "ended_at": None}
    elif what == "started":
        job |= {"state": "running", "attempt": data["attempt"], "started_at": row.recorded_at}
    elif what == "requeued":
        job |= {"state": "queued", "error": data["reason"]}
    elif what == "cancel_requested":
        job["cancel_requested"] = True
    elif what in ENDED:
        job |= {"state": what, "ended_at": row.recorded_at}
        if what == "succeeded":
            job |= {"result": data["result"], "error": None}
        elif what == "failed":
            job |= {"error": data["error"], "error_tail": data["tail"]}


def _query_batch(tables: Tables, row: Row) -> None:
    tables["query_batches"][row.stream_id] = {
        **row.data, "query_batch_id": row.stream_id, "project_id": row.project_id, "created_at": row.recorded_at,
    }  # fmt: skip
    for pick in row.data["picks"]:
        image = tables["images"][pick["image_id"]]
        image["query_batch_id"] = row.stream_id
        image["audit"] = image["audit"] or pick["audit"]


def _training(runs: dict[str, dict[str, Any]], row: Row, what: str) -> None:
    if what == "requested" and row.version == 1:
        runs[row.stream_id] = {
            **row.data, "run_id": row.stream_id, "project_id": row.project_id, "category_ids": [],
            "train_image_ids": [], "validation_image_ids": [], "metrics": None, "weights_digest": None, "notices": [],
            "versions": None, "seconds": None, "created_at": row.recorded_at, "started_at": None,
        }  # fmt: skip
    run = runs[row.stream_id]
    if what == "requested":
        run |= {"state": "queued", "error": None, "ended_at": None}
    elif what == "started":
        kept = {name: value for name, value in row.data.items() if name != "images"}
        run |= {**kept, "state": "running", "started_at": row.recorded_at}
    elif what in ENDED:
        run |= {**row.data, "state": what, "ended_at": row.recorded_at}


def _export(exports: dict[str, dict[str, Any]], row: Row, what: str) -> None:
    if what == "requested" and row.version == 1:
        nothing = dict.fromkeys(("blob", "size", "sha256", "images", "annotations"))
        exports[row.stream_id] = {
            **row.data, **nothing, "export_id": row.stream_id, "project_id": row.project_id,
            "created_at": row.recorded_at,
        }  # fmt: skip
    states = {"requested": "queued", "written": "succeeded", "failed": "failed"}
    export = exports[row.stream_id]
    export["state"] = states[what]
    if what == "requested":
        export["error"] = None
    else:
        export |= row.data
