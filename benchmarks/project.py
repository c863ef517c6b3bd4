"""One project of a simulated loop: pictures in, batches, labels, runs, predictions, all over the HTTP API."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.annotator import Annotator
from benchmarks.client import Client, Watch
from benchmarks.truth import Dataset, LabelledPicture
from domain.evaluation import Figures, Found, JudgedImage, Label, evaluate
from domain.geometry import bounding_box
from worker.detectors import load_detector

LEAST_CONFIDENCE = 0.001
MAX_DETECTIONS = 300


@dataclass
class Project:
    client: Client
    id: str
    dataset: Dataset
    categories: dict[str, str]
    annotator: Annotator

    @classmethod
    def create(cls, client: Client, dataset: Dataset, name: str, **settings: Any) -> "Project":
        """The pool is uploaded; the test pictures are not, so that nothing can learn from them."""
        project_id = client.post("/api/projects", {"name": name})["id"]
        if settings:
            client.patch(f"/api/projects/{project_id}", {"settings": settings})
        categories = {
            category: client.post(f"/api/projects/{project_id}/categories", {"name": category})["id"]
            for category in dataset.categories
        }
        client.upload(project_id, [picture.path for picture in dataset.pool])
        truth = {picture.path.name: picture.labels for picture in dataset.pool}
        return cls(client, project_id, dataset, categories, Annotator(client, categories, truth))

    @classmethod
    def reopen(cls, client: Client, dataset: Dataset, project_id: str) -> "Project":
        """A project that an interrupted run has left; what it lacks of the pool is uploaded."""
        names = {one["name"]: one["id"] for one in client.get(f"/api/projects/{project_id}/categories")["items"]}
        for category in dataset.categories:
            if category not in names:
                names[category] = client.post(f"/api/projects/{project_id}/categories", {"name": category})["id"]
        client.upload(project_id, [picture.path for picture in dataset.pool])
        truth = {picture.path.name: picture.labels for picture in dataset.pool}
        return cls(client, project_id, dataset, names, Annotator(client, names, truth))

    def pick(
        self, budget: int, acquisition_function: str, seed: int, watch: Watch | None = None
    ) -> list[dict[str, Any]]:
        """Images of a new query batch, in its order."""
        path = f"/api/projects/{self.id}/query-batches"
        body = {"budget": budget, "acquisition_function": acquisition_function, "seed": seed}
        reply = self.client.job(path, body, watch)
        batch = self.client.get(f"{path}/{reply['query_batch']['id']}")
        names = {image["id"]: image for image in self.client.images(self.id)}
        return [names[pick["image_id"]] for pick in batch["images"]]

    def label(self, images: Sequence[dict[str, Any]]) -> None:
        for image in images:
            self.annotator.finish(image)

    def train(self, watch: Watch | None = None, **body: Any) -> dict[str, Any]:
        reply = self.client.job(f"/api/projects/{self.id}/training-runs", body, watch)
        return self.client.get(f"/api/training-runs/{reply['training_run']['id']}")

    def predict(self, watch: Watch | None = None, **body: Any) -> dict[str, Any]:
        """The job's result."""
        return self.client.job(f"/api/projects/{self.id}/predictions", body, watch)["job"]["result"]

    def unfinished(self) -> list[dict[str, Any]]:
        return [image for image in self.client.images(self.id) if image["state"] not in ("submitted", "approved")]

    def pending(self) -> list[dict[str, Any]]:
        """Picked and not labelled yet."""
        return [image for image in self.unfinished() if image["query_batch_id"] is not None]

    def run_at(self, labelled_images: int, *, measured: bool = False) -> dict[str, Any] | None:
        """The newest run that learned from so many images alone; `measured`: on pictures held out from it."""
        runs = self.client.get(f"/api/projects/{self.id}/training-runs")["items"]
        fitting = (
            run
            for run in runs
            if run["metrics"]
            and "teacher" not in run["settings"]
            and run["metrics"]["labelled_images"] == labelled_images
            and (run["metrics"]["held_out"] is not None or not measured)
        )
        return next(fitting, None)

    def labelled(self) -> int:
        return len(self.client.images(self.id)) - len(self.unfinished())

    def weights(self, run: dict[str, Any], folder: Path) -> Path:
        """A run's weights, as anybody downloads them."""
        target = folder / f"{run['id']}.pt"
        target.write_bytes(self.client.content(f"/api/training-runs/{run['id']}/weights"))
        return target

    def test(self, run: dict[str, Any]) -> Figures:
        """The run's figures on the test pictures, which the platform has never seen; categories by name."""
        with tempfile.TemporaryDirectory(prefix="autoannotate-weights-") as folder:
            names = {category_id: name for name, category_id in self.categories.items()}
            order = [names[category_id] for category_id in run["category_ids"]]
            size = run["settings"]["image_size"]
            return test_figures(self.weights(run, Path(folder)), order, self.dataset.test, size)


def test_figures(
    weights: Path, categories: Sequence[str], pictures: Sequence[LabelledPicture], image_size: int
) -> Figures:
    """COCO's figures, detections from 0.001 on, at most 300 a picture."""
    found = load_detector("ultralytics").predict(
        weights,
        [(UUID(int=place), picture.path) for place, picture in enumerate(pictures)],
        image_size=image_size,
        batch=8,
        min_confidence=LEAST_CONFIDENCE,
        device="auto",
    )
    judged = [
        JudgedImage(
            [Label(name, box) for name, box in pictures[key.int].labels],
            [Found(categories[d.class_index], bounding_box(d.geometry), d.confidence) for d in detections],
        )
        for key, detections in found
    ]
    return evaluate(judged, list(categories), max_detections=MAX_DETECTIONS)
