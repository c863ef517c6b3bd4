"""Matching and average precision, by hand and against pycocotools."""

import contextlib
import io
import random
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from domain.evaluation import (
    BACKGROUND,
    Found,
    JudgedImage,
    Label,
    Match,
    average_precision,
    confused,
    evaluate,
    matches,
    tally,
)
from domain.geometry import Box


def label(category, x, y=0, size=10):
    return Label(category, Box(x, y, size, size))


def found(category, x, confidence, y=0, size=10):
    return Found(category, Box(x, y, size, size), confidence)


def test_the_most_confident_detection_takes_the_label():
    image = JudgedImage([label("a", 0)], [found("a", 2, 0.6), found("a", 1, 0.9)])
    assert matches(image) == [Match(1, 0, 90 / 110), Match(0, None, 0.0)]


def test_a_detection_takes_the_free_label_it_overlaps_most_and_never_another_category():
    image = JudgedImage([label("a", 0), label("a", 3), label("b", 2)], [found("a", 2, 0.9), found("a", 2, 0.8)])
    assert [match.label for match in matches(image)] == [1, 0]
    assert [match.label for match in matches(JudgedImage([label("b", 0)], [found("a", 0, 0.9)]))] == [None]


def test_the_threshold_and_the_least_confidence_are_kept():
    image = JudgedImage([label("a", 0)], [found("a", 4, 0.9), found("a", 0, 0.2)])
    assert [m.label for m in matches(image, iou=0.5)] == [None, 0]
    assert [m.label for m in matches(image, iou=0.4)] == [0, None]
    assert [m.found for m in matches(image, min_confidence=0.5)] == [0]


def test_confusion_names_hits_swaps_misses_and_inventions():
    image = JudgedImage(
        [label("a", 0), label("b", 100), label("c", 200)],
        [found("a", 0, 0.9), found("a", 100, 0.8), found("b", 300, 0.7), found("c", 200, 0.1)],
    )
    assert sorted(confused(image)) == [("a", "a"), ("b", "a"), (BACKGROUND, "b"), ("c", BACKGROUND)]


def test_average_precision_by_hand():
    image = JudgedImage(
        [label("a", 0), label("a", 100)], [found("a", 0, 0.9), found("a", 50, 0.8), found("a", 100, 0.7)]
    )
    # precision 1 up to recall 0.5 (51 points), then 2/3 (50 points)
    assert average_precision(tally([image], "a"), 0) == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_nothing_labelled_has_no_figure_and_nothing_found_is_zero():
    empty = JudgedImage([], [found("a", 0, 0.9)])
    missed = JudgedImage([label("b", 0)], [])
    figures = evaluate([empty, missed], ["a", "b"])
    assert figures.categories["a"].ap50 is None
    assert figures.categories["a"].precision == 0.0
    assert figures.categories["a"].recall is None
    assert figures.categories["b"].ap50 == 0.0
    assert figures.map50 == figures.map50_95 == 0.0
    assert evaluate([], ["a"]).map50 is None


def drawn_images(seed: int, count: int = 60) -> list[JudgedImage]:
    """Jittered detections of drawn labels, misses, inventions, swaps; confidences in steps, so that many are equal."""
    generator = random.Random(seed)
    images = []
    for _ in range(count):
        labels, detections = [], []
        for _ in range(generator.randint(0, 14)):
            size = generator.choice([12, 30, 60, 96, 150])
            box = Box(generator.randint(0, 400), generator.randint(0, 300), size, size + generator.randint(0, 20))
            category = generator.randint(0, 2)
            labels.append(Label(category, box))
            if size in (30, 96):
                # A twin in the next size bucket at the same place: which of them counts depends on the bucket.
                labels.append(Label(category, Box(box.x, box.y, size + 4, box.height + 4)))
            for _ in range(generator.choice([0, 1, 1, 1, 2])):
                jitter = [generator.gauss(0, size * 0.06) for _ in range(4)]
                moved = Box(box.x + jitter[0], box.y + jitter[1], box.width + jitter[2], box.height + jitter[3])
                swapped = generator.randint(0, 2) if generator.random() < 0.1 else category
                detections.append(Found(swapped, moved, round(generator.random(), 1)))
        for _ in range(generator.randint(0, 6)):
            box = Box(generator.randint(0, 400), generator.randint(0, 300), 40, 40)
            detections.append(Found(generator.randint(0, 2), box, round(generator.random(), 1)))
        images.append(JudgedImage(labels, detections))
    return images


def coco_stats(images: list[JudgedImage], max_detections: int) -> tuple[COCOeval, np.ndarray]:
    rows = [(i, lab) for i, image in enumerate(images) for lab in image.labels]
    truth: Any = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": i, "width": 640, "height": 480} for i in range(len(images))],
        "categories": [{"id": c, "name": str(c)} for c in range(3)],
        "annotations": [
            {
                "id": n + 1,
                "image_id": i,
                "category_id": lab.category,
                "bbox": [lab.box.x, lab.box.y, lab.box.width, lab.box.height],
                "area": lab.box.width * lab.box.height,
                "iscrowd": 0,
            }
            for n, (i, lab) in enumerate(rows)
        ],
    }
    results = [
        {
            "image_id": i,
            "category_id": f.category,
            "bbox": [f.box.x, f.box.y, f.box.width, f.box.height],
            "score": f.confidence,
        }
        for i, image in enumerate(images)
        for f in image.found
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        judged = COCOeval(truth, truth.loadRes(results), "bbox")
        judged.params.maxDets = [1, 2, max_detections]
        judged.evaluate()
        judged.accumulate()
    return judged, judged.eval["precision"]


@pytest.mark.parametrize(("seed", "max_detections"), [(0, 100), (1, 100), (2, 3), (3, 100)])
def test_every_average_precision_equals_that_of_pycocotools(seed, max_detections):
    images = drawn_images(seed)
    figures = evaluate(images, [0, 1, 2], max_detections=max_detections)
    _, precision = coco_stats(images, max_detections)  # thresholds, recall points, categories, areas, limits

    def mean(values):
        return float(np.mean(values[values > -1]))

    for category in range(3):
        ours = figures.categories[category]
        assert ours.ap50_95 == pytest.approx(mean(precision[:, :, category, 0, -1]), abs=1e-9)
        assert ours.ap50 == pytest.approx(mean(precision[0, :, category, 0, -1]), abs=1e-9)
    assert figures.map50_95 == pytest.approx(mean(precision[:, :, :, 0, -1]), abs=1e-9)
    assert figures.map50 == pytest.approx(mean(precision[0, :, :, 0, -1]), abs=1e-9)
    for place, name in enumerate(("small", "medium", "large"), start=1):
        assert figures.sizes[name][1] == pytest.approx(mean(precision[:, :, :, place, -1]), abs=1e-9)
        assert figures.sizes[name][0] == pytest.approx(mean(precision[0, :, :, place, -1]), abs=1e-9)


def test_precision_and_recall_are_those_of_the_matches():
    images = drawn_images(5)
    figures = evaluate(images, [0, 1, 2], min_confidence=0.5)
    for category in range(3):
        pairs = [
            (image, match)
            for image in images
            for match in matches(image, 0.5, 0.5)
            if image.found[match.found].category == category
        ]
        hits = sum(match.label is not None for _, match in pairs)
        labels = sum(lab.category == category for image in images for lab in image.labels)
        assert figures.categories[category].precision == pytest.approx(hits / len(pairs))
        assert figures.categories[category].recall == pytest.approx(hits / labels)
        assert figures.confusion[category][category] == hits


def test_confusion_accounts_for_every_label_and_every_shown_detection():
    images = drawn_images(6)
    confusion = evaluate(images, [0, 1, 2], min_confidence=0.3).confusion
    for category in range(3):
        labels = sum(lab.category == category for image in images for lab in image.labels)
        assert sum(confusion[category].values()) == labels
    shown = sum(f.confidence >= 0.3 for image in images for f in image.found)
    assert sum(n for row in confusion.values() for predicted, n in row.items() if predicted != BACKGROUND) == shown
