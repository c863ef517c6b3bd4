"""Folds from the log to read rows: one event in, changes of keyed rows out, with no look at any row.

Because a change names exactly one row, changes of a batch can be coalesced by key and applied set-based, and any batch
size leaves the same bytes.
"""

from domain import events as e
from domain.projections.changes import Change
from domain.projections.image import fold_image
from domain.projections.job import fold_job
from domain.projections.project import fold_project
from domain.projections.results import fold_export, fold_query_batch, fold_training


def fold(recorded: e.RecordedEvent) -> list[Change]:
    """The changes of the read rows that one event makes."""
    match recorded.type.partition(".")[0]:
        case "project" | "category" | "run":
            return fold_project(recorded)
        case "image" | "annotation" | "annotations" | "prediction":
            return fold_image(recorded)
        case "predictions":
            return [] if isinstance(recorded.event, e.PredictionsRecorded) else fold_image(recorded)
        case "job":
            return fold_job(recorded)
        case "query_batch":
            return fold_query_batch(recorded)
        case "training":
            return fold_training(recorded)
        case "export":
            return fold_export(recorded)
        case "comment":
            return []
        case unknown:
            raise LookupError(f"no fold for events of {unknown!r}")
