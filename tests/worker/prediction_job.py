"""A prediction job that accepted boxes, as its worker leaves it in the log and in the tables."""

from collections.abc import Sequence
from uuid import UUID

from adapters.bulk_append import append_in_bulk
from adapters.clock import new_id
from adapters.database import connected
from adapters.prediction_rows import NewPrediction, PredictedImage, write_predictions
from adapters.settings import Settings
from domain.events import AnnotationRecord, NewEvent, PredictionsAccepted
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from domain.ports import Append, StreamAppend


async def accept_as_a_job(settings: Settings, project: str, category: str, images: Sequence[str]) -> UUID:
    """Two boxes on each image, which must be as registered; the job's id."""
    job_id, run_id = new_id(), new_id()
    appends, predicted = [], []
    for image in images:
        boxes = [NewPrediction(new_id(), UUID(category), Box(n * 20 + 1, 1, 10, 10), 0.9, "accepted") for n in range(2)]
        records = tuple(
            AnnotationRecord(
                one.prediction_id, UUID(category), one.geometry, "model", one.confidence, one.prediction_id, run_id
            )
            for one in boxes
        )
        event = NewEvent(new_id(), PredictionsAccepted(run_id, job_id, records))
        stream = StreamAppend(UUID(image), 1, [event])
        appends.append(Append([stream], UUID(project), LOCAL_ACTOR, causation_id=job_id))
        predicted.append(PredictedImage(UUID(image), boxes, 0.1, None, {}))
    async with connected(settings.database_url) as connection, connection.transaction():
        answers = await append_in_bulk(connection, appends)
        assert {answer.status for answer in answers} == {"ok"}
        await write_predictions(connection, UUID(project), run_id, job_id, predicted)
    return job_id
