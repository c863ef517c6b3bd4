"""Effort from the log: the figures of the read module against counts made by another road."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.clock import new_id
from adapters.statistics_rows import fetch_effort, fetch_learning_curve, fetch_seconds
from domain.commands import (
    AcceptPrediction,
    DeleteAnnotation,
    RecategoriseAnnotation,
    RejectPrediction,
    ReshapeAnnotation,
    Submit,
)
from domain.events import (
    AcquisitionFunction,
    Pick,
    QueryBatchSelected,
    TrainingRequested,
    TrainingStarted,
    TrainingSucceeded,
)
from domain.execute import QUERY_BATCH, TRAINING_RUN
from domain.geometry import Box
from domain.ports import Detection
from tests.worker.loop.conftest import UNMEASURED, KnownDetector, Scene
from worker.tasks import predict

# Another road: no common table expression, no aggregate over proposals; each number is its own sub-query.
INDEPENDENT = """
SELECT
    (SELECT count(*) FROM events WHERE project_id = $1 AND type = 'annotation.drawn') AS drawn,
    (SELECT count(*) FROM events WHERE project_id = $1 AND type = 'prediction.rejected') AS rejected,
    (SELECT count(DISTINCT d.data ->> 'annotation_id') FROM events d JOIN annotations a
        ON a.annotation_id = (d.data ->> 'annotation_id')::uuid
        WHERE d.project_id = $1 AND d.type = 'annotation.reshaped' AND a.source = 'model') AS adjusted,
    (SELECT count(DISTINCT d.data ->> 'annotation_id') FROM events d JOIN annotations a
        ON a.annotation_id = (d.data ->> 'annotation_id')::uuid
        WHERE d.project_id = $1 AND d.type = 'annotation.recategorised' AND a.source = 'model') AS recategorised,
    (SELECT count(*) FROM events WHERE project_id = $1 AND type = 'annotation.deleted'
        AND data ->> 'source' = 'model') AS deleted,
    (SELECT count(*) FROM annotations a WHERE a.project_id = $1 AND a.source = 'model'
        AND NOT EXISTS (SELECT FROM events d WHERE d.project_id = $1
            AND d.type IN ('annotation.reshaped', 'annotation.recategorised')
            AND (d.data ->> 'annotation_id')::uuid = a.annotation_id)) AS accepted
"""


async def test_effort_is_what_the_log_says(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell, dot = await scene.category("cell"), await scene.category("dot")
    by_hand, reviewed, automatic = await scene.images(3)
    for x in (1, 20, 40):
        await scene.draw(by_hand, Box(x, 2, 10, 12), cell)
    await scene.edit(by_hand, Submit())

    boxes = [Detection(0, Box(1 + 2 * n, 2, 10, 12), 0.9 - n / 100) for n in range(6)]
    detector = KnownDetector(lambda _image: boxes)
    monkeypatch.setattr(predict, "load_detector", lambda _name: detector)
    run_id = await scene.run()
    for image, mode in ((reviewed, "suggest"), (automatic, "accept")):
        payload = {
            "run_id": str(run_id), "mode": mode, "target_precision": 0.9, "min_confidence": 0.5,
            "image_ids": [str(image)],
        }  # fmt: skip
        context = await scene.start("predict", payload, tmp_path)
        await scene.complete(predict.run, context)

    rows = await scene.pool.fetch(
        "SELECT prediction_id FROM predictions WHERE image_id = $1 ORDER BY confidence DESC", reviewed
    )
    proposed = [row["prediction_id"] for row in rows]
    await scene.edit(
        reviewed,
        *(AcceptPrediction(p, p) for p in proposed[:5]),
        RejectPrediction(proposed[5]),
        ReshapeAnnotation(proposed[1], Box(3, 3, 9, 9)),
        ReshapeAnnotation(proposed[1], Box(3, 3, 8, 8)),
        RecategoriseAnnotation(proposed[2], dot),
        DeleteAnnotation(proposed[3]),
        Submit(),
    )
    effort = dict(await fetch_effort(scene.pool, scene.project_id))
    assert effort.pop("kept") == 4 + 6
    assert effort == {
        "accepted": 2 + 6, "adjusted": 1, "recategorised": 1, "deleted": 1, "rejected": 1, "drawn": 3,
    }  # fmt: skip
    independent = await scene.pool.fetchrow(INDEPENDENT, scene.project_id)
    assert independent is not None
    assert dict(independent) == effort

    seconds = await fetch_seconds(scene.pool, scene.project_id)
    assert seconds["active_seconds"] == pytest.approx(await active_seconds(scene))
    assert seconds["seconds_per_drawn_box"] > 0


async def active_seconds(scene: Scene) -> float:
    """The same rule in plain Python over the log as it is read."""
    judged = ("annotation.", "prediction.accepted", "prediction.rejected", "image.submitted")
    log = await scene.store.read_log(0, 10_000, scene.project_id)
    at = [event.recorded_at.timestamp() for event in log if event.type.startswith(judged)]
    gaps = [after - before for before, after in pairwise(at)]
    assert Counter(gap > 60 for gap in gaps)[True] == 0
    return 2.0 + sum(gaps)


async def test_only_runs_on_random_pictures_alone_are_the_baseline(scene: Scene) -> None:
    lot, chosen, by_hand = await scene.images(2), await scene.images(2, first=2), await scene.images(1, first=4)
    functions: list[AcquisitionFunction] = ["random", "hybrid"]
    for function, images in zip(functions, (lot, chosen), strict=True):
        picks = tuple(Pick(image, rank, 1.0, "wanted") for rank, image in enumerate(images, start=1))
        batch = QueryBatchSelected(function, len(picks), 1, 1, "0" * 64, picks, None)
        await scene.append(QUERY_BATCH, new_id(), batch)
    expected = {}
    for images, is_baseline in ((lot, True), (lot + chosen, False), (lot + by_hand, False), ([], False)):
        run_id = new_id()
        await scene.append(
            TRAINING_RUN,
            run_id,
            TrainingRequested(new_id(), "yolov8n.pt", 1, {}),
            TrainingStarted((), len(images), tuple(images), (), {}, ()),
            TrainingSucceeded("f" * 64, UNMEASURED, (), {}, 1.0),
        )
        expected[run_id] = is_baseline
    curve = await fetch_learning_curve(scene.pool, scene.project_id)
    assert {row["run_id"]: row["chosen_at_random"] for row in curve} == expected
