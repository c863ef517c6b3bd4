"""What every Detector promises, on a handful of drawn parts."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from adapters.clock import new_id
from domain.geometry import Box, Polygon, bounding_box, intersection_over_union
from domain.ports import Detector, EpochMetrics, TrainedWeights, TrainingPlan, TrainingSample
from worker.detectors import load_detector
from worker.drawn_parts import CATEGORIES, PartsSettings, draw_parts
from worker.recipe import recipe_for

SMALL = PartsSettings(width=128, height=96, most_parts=3)
ACROSS, DOWN = Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM
MIRRORED = {"horizontal": [ACROSS], "vertical": [DOWN], "both": [ACROSS, DOWN]}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")


def samples(folder: Path, count: int) -> list[TrainingSample]:
    return [
        TrainingSample(
            new_id(),
            image.path,
            image.width,
            image.height,
            [(CATEGORIES.index(name), geometry) for name, geometry in image.shapes],
            image.file_name,
        )
        for image in draw_parts(folder, count, seed=3, settings=SMALL)
        if image.path is not None
    ]


def turned_box(box: Box, mirror: str) -> Box:
    x = SMALL.width - box.right if mirror in ("horizontal", "both") else box.x
    y = SMALL.height - box.bottom if mirror in ("vertical", "both") else box.y
    return Box(x, y, box.width, box.height)


def tiny_plan(pictures: list[TrainingSample], work_dir: Path, **changes: Any) -> TrainingPlan:
    """Two epochs at 96 px."""
    recipe = recipe_for(len(pictures), len(CATEGORIES), epochs=2, batch=4)
    plan = TrainingPlan(
        train=pictures,
        validation=[],
        category_names=CATEGORIES,
        task="detect",
        base_weights="yolov8n.pt",
        image_size=96,
        epochs=recipe.epochs,
        batch=recipe.batch,
        seed=1,
        device="cpu",
        work_dir=work_dir,
        settings=recipe.settings,
    )
    return msgspec.structs.replace(plan, **changes)


class DetectorContract:
    name: str

    @pytest.fixture(scope="class")
    def trained(self, tmp_path_factory) -> tuple[Detector, TrainedWeights, list, list[TrainingSample]]:
        folder = tmp_path_factory.mktemp(self.name)
        pictures = samples(folder / "pictures", 8)
        # One of them is a negative: it must train like the others.
        first = pictures[0]
        pictures[0] = TrainingSample(first.image_id, first.path, first.width, first.height, [], first.group)
        plan = tiny_plan(pictures, folder)
        detector = load_detector(self.name)
        reports: list[EpochMetrics | str] = []
        return detector, detector.train(plan, reports.append), reports, pictures

    def test_each_epoch_is_reported_once_with_its_losses(self, trained):
        _, _, reports, _ = trained
        epochs = [report for report in reports if isinstance(report, EpochMetrics)]
        assert [epoch.epoch for epoch in epochs] == [1, 2]
        assert all(epoch.values["box_loss"] >= 0 and epoch.values["cls_loss"] > 0 for epoch in epochs)

    def test_weights_come_with_versions_and_say_that_nothing_was_pretrained(self, trained):
        _, weights, _, _ = trained
        assert weights.path.is_file()
        assert {"torch", "python"} <= weights.versions.keys()
        assert any("from scratch" in notice for notice in weights.notices)

    def test_predictions_come_in_order_inside_their_pictures(self, trained):
        detector, weights, _, pictures = trained
        wanted = [(sample.image_id, sample.path) for sample in pictures]
        options = {"image_size": 96, "batch": 3, "min_confidence": 0.0001, "device": "cpu"}
        answers = list(detector.predict(weights.path, iter(wanted), **options))
        assert [image_id for image_id, _ in answers] == [image_id for image_id, _ in wanted]
        for _, detections in answers:
            for detection in detections:
                assert 0 <= detection.class_index < len(CATEGORIES)
                assert 0 <= detection.geometry.x <= detection.geometry.right <= SMALL.width + 1e-3
                assert 0 <= detection.confidence <= 1

    @pytest.mark.parametrize("mirror", ["horizontal", "vertical", "both"])
    def test_a_mirrored_look_answers_in_the_pictures_own_coordinates(self, trained, tmp_path, mirror):
        """The mirrored look at a mirrored picture is the plain look at the picture, seen in the mirror."""
        detector, weights, _, pictures = trained
        plain, turned = pictures[1].path, tmp_path / "turned.png"
        picture = Image.open(plain).convert("RGB")
        for axis in MIRRORED[mirror]:
            picture = picture.transpose(axis)
        picture.save(turned)
        options = {"image_size": 96, "batch": 1, "min_confidence": 0.0001, "device": "cpu"}
        ((_, expected),) = detector.predict(weights.path, [(pictures[1].image_id, turned)], **options)
        ((_, found),) = detector.predict(weights.path, [(pictures[1].image_id, turned)], mirror=mirror, **options)
        ((_, upright),) = detector.predict(weights.path, [(pictures[1].image_id, plain)], **options)
        assert expected != found
        in_mirror = [turned_box(d.geometry, mirror) for d in upright]
        assert len(found) == len(upright) > 0
        for one, box in zip(found[:20], in_mirror[:20], strict=True):
            assert intersection_over_union(one.geometry, box) > 0.9


class TestUltralytics(DetectorContract):
    name = "ultralytics"


class TestTorchvision(DetectorContract):
    name = "torchvision"


def diamond(box: Box) -> Polygon:
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return Polygon((((box.x, y), (x, box.y), (box.right, y), (x, box.bottom)),))


def test_a_validated_training_tells_the_precision_of_each_class_that_the_pictures_show(tmp_path: Path) -> None:
    pictures = samples(tmp_path / "pictures", 8)
    shown = {index for one in pictures[:4] for index, _ in one.shapes}
    plan = tiny_plan(pictures, tmp_path, validation=pictures[:4])
    reports: list[EpochMetrics | str] = []
    load_detector("ultralytics").train(plan, reports.append)
    epochs = [report for report in reports if isinstance(report, EpochMetrics)]
    assert [set(epoch.ap50_95_of_class) for epoch in epochs] == [shown, shown]
    for epoch in epochs:
        mean = sum(epoch.ap50_95_of_class.values()) / len(shown)
        assert epoch.values["map50_95"] == pytest.approx(mean)


def test_a_segmentation_model_trains_from_polygons_and_answers_in_polygons(tmp_path: Path) -> None:
    """Two epochs from scratch find nothing worth having: what counts is the loss of masks and the answer's form."""
    pictures = [
        msgspec.structs.replace(one, shapes=[(index, diamond(bounding_box(shape))) for index, shape in one.shapes])
        for one in samples(tmp_path / "pictures", 8)
    ]
    plan = tiny_plan(pictures, tmp_path, task="segment", base_weights="yolov8n-seg.pt")
    detector = load_detector("ultralytics")
    reports: list[EpochMetrics | str] = []
    weights = detector.train(plan, reports.append)
    epochs = [report for report in reports if isinstance(report, EpochMetrics)]
    assert [epoch.values["seg_loss"] > 0 for epoch in epochs] == [True, True]
    wanted = [(one.image_id, one.path) for one in pictures]
    options = {"image_size": 96, "batch": 4, "min_confidence": 0.0001, "device": "cpu"}
    found = [one for _, detections in detector.predict(weights.path, wanted, **options) for one in detections]
    outlines = [one.geometry for one in found if isinstance(one.geometry, Polygon)]
    assert outlines
    for outline in outlines:
        box = bounding_box(outline)
        assert 0 <= box.x <= box.right <= SMALL.width
        assert 0 <= box.y <= box.bottom <= SMALL.height


def test_an_unknown_detector_is_named():
    with pytest.raises(ValueError, match="no detector 'magic'"):
        load_detector("magic")
