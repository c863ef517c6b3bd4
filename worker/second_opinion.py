"""What a run thinks of the labels of pictures it was not trained on: the queues of label errors and disagreement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from adapters.held_out import HeldOutImage
from adapters.prediction_rows import PredictedImage
from domain.evaluation import Found
from domain.run_metrics import RunMetrics
from worker.label_errors import CONFIDENT, disagreements, label_quality
from worker.trust import Trust

SHOWN_ISSUES = 20


def label_opinions(images: Sequence[HeldOutImage], trust: Trust, metrics: RunMetrics) -> list[PredictedImage]:
    """One summary per picture, without predictions: `label_quality` 0 to 1 (lower is worse) and `disagreement` 0 to 1
    (the weightiest difference), with the boxes behind both."""
    shown = {one.category_id: one.show_from for one in metrics.per_category}
    confident = {
        one.category_id: CONFIDENT if one.promise.threshold is None else min(CONFIDENT, one.promise.threshold)
        for one in metrics.per_category
    }
    quality = {one.image: one for one in label_quality(trust.judged, confident)}
    differences: dict[int, list[dict[str, Any]]] = {place: [] for place in range(len(images))}
    for one in disagreements(trust.judged, min(shown.values(), default=0.25)):
        image = images[one.image]
        differences[one.image].append(
            {
                "kind": one.kind,
                "weight": round(one.weight, 4),
                "label": None if one.label is None else _label(image.labels[one.label]),
                "found": None if one.found is None else _found(trust.judged[one.image].found[one.found]),
            }
        )
    return [
        PredictedImage(
            image_id=image.image_id,
            predictions=(),
            uncertainty=0.0,
            expected_corrections=None,
            details={
                "label_quality": round(quality[place].score, 5),
                "issues": [
                    {
                        "kind": issue.kind,
                        "score": round(issue.score, 4),
                        "label": None if issue.label is None else _label(image.labels[issue.label]),
                        "found": _found(trust.judged[place].found[issue.found]),
                    }
                    for issue in quality[place].issues[:SHOWN_ISSUES]
                ],
                "disagreement": max((d["weight"] for d in differences[place]), default=0.0),
                "differences": differences[place][:SHOWN_ISSUES],
            },
        )
        for place, image in enumerate(images)
    ]


def _label(row: tuple[UUID, float, float, float, float]) -> dict[str, object]:
    category_id, x, y, width, height = row
    return {"category_id": category_id, "x": x, "y": y, "width": width, "height": height}


def _found(one: Found) -> dict[str, object]:
    box = one.box
    return {
        "category_id": one.category, "x": box.x, "y": box.y, "width": box.width, "height": box.height,
        "confidence": round(one.confidence, 5),
    }  # fmt: skip
