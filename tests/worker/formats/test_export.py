"""Exports: valid for the tools that read them, and the same bytes for the same images."""

import contextlib
import hashlib
import io
import json
import zipfile
from typing import Any
from uuid import UUID

import pytest
import yaml
from pycocotools.coco import COCO

from domain.geometry import Box, Mask, Polygon
from tests.builders import picture
from worker.export.coco import write_coco
from worker.export.records import ExportAnnotation, ExportCategory, ExportImage, ExportPlan, unique_names
from worker.export.yolo import split_of, write_yolo
from worker.import_.detect import layout_of, read_dataset
from worker.import_.records import ImportImage

# pycocotools 2.0.11 has not followed NumPy 2's __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RED, WHITE = UUID(int=1), UUID(int=2)


def an_id(number: int) -> UUID:
    return UUID(int=1000 + number)


def image(number: int, *annotations: ExportAnnotation, name: str = "") -> ExportImage:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return ExportImage(an_id(number), name or f"cell-{number}.png", digest, 64, 48, "approved", annotations)


def annotation(number: int, category: UUID, geometry=None) -> ExportAnnotation:
    return ExportAnnotation(UUID(int=9000 + number), category, geometry or Box(8, 12, 16, 24), "human")


def plan(task: str = "detect") -> ExportPlan:
    triangle = Polygon((((1.0, 1.0), (21.0, 1.0), (1.0, 21.0)),))
    images = [image(n, annotation(n, RED), annotation(100 + n, WHITE, triangle)) for n in range(8)]
    images.append(image(50, name="negative.png"))
    categories = [ExportCategory(RED, "red: 'cell'"), ExportCategory(WHITE, "white")]
    return ExportPlan(UUID(int=7), "Blood", 42, categories, images, task)


def unpacked(chunks) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(chunks)))


@pytest.mark.parametrize("write", [write_yolo, write_coco])
def test_the_same_plan_gives_the_same_bytes(write):
    def fetch(digest: str) -> bytes:
        return picture(int(digest[:4], 16))

    assert b"".join(write(plan(), fetch)) == b"".join(write(plan(), fetch))


@pytest.mark.parametrize("write", [write_yolo, write_coco])
def test_the_manifest_names_every_file_with_its_hash(write):
    archive = unpacked(write(plan(), lambda digest: digest.encode()))
    manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["position"], manifest["images"], manifest["annotations"]) == (42, 9, 16)
    listed = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
    assert listed.keys() == set(archive.namelist()) - {"manifest.json"}
    assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in listed.items())


def test_yolo_rows_are_normalised_centres_and_negatives_are_empty_files():
    archive = unpacked(write_yolo(plan(), None))
    names = yaml.safe_load(archive.read("data.yaml"))["names"]
    assert names == {0: "red: 'cell'", 1: "white"}
    labels = {
        name.split("/")[-1]: archive.read(name).decode() for name in archive.namelist() if name.startswith("labels/")
    }
    assert labels["cell-0.txt"].splitlines()[0] == "0 0.250000 0.500000 0.250000 0.500000"
    assert labels["negative.txt"] == ""


def test_segments_are_written_for_a_project_of_polygons():
    archive = unpacked(write_yolo(plan("segment"), None))
    row = next(archive.read(n).decode() for n in archive.namelist() if n.endswith("cell-3.txt")).splitlines()[1]
    assert row.split()[:3] == ["1", "0.015625", "0.020833"]
    assert len(row.split()) == 7


def test_coco_loads_into_pycocotools(tmp_path):
    archive = unpacked(write_coco(plan(), None))
    document = tmp_path / "annotations.json"
    document.write_bytes(archive.read("annotations.json"))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(document))
    assert len(coco.getImgIds()) == 9
    first = coco.loadAnns(coco.getAnnIds(imgIds=[1]))[0]
    assert (first["bbox"], first["area"], first["category_id"]) == ([8, 12, 16, 24], 384, 1)
    assert coco.annToMask(first).sum() > 0


def test_a_mask_becomes_an_outline_and_a_box():
    import numpy as np
    from pycocotools import mask as coco_mask

    pixels = np.zeros((48, 64), np.uint8, order="F")
    pixels[10:20, 5:25] = 1
    encoded: Any = coco_mask.encode(pixels)
    mask = Mask((48, 64), encoded["counts"].decode())
    categories = [ExportCategory(RED, "red")]
    one = ExportPlan(UUID(int=7), "m", 1, categories, [image(1, annotation(1, RED, mask))], "segment")
    listed = json.loads(unpacked(write_coco(one, None)).read("annotations.json"))["annotations"][0]
    assert (listed["bbox"], listed["area"]) == ([5, 10, 20, 10], 200)
    archive = unpacked(write_yolo(one, None))
    rows = next(archive.read(n).decode() for n in archive.namelist() if n.endswith("cell-1.txt"))
    assert len(rows.split()) >= 9


def test_equal_names_and_names_that_differ_only_in_their_ending_stay_apart():
    names = unique_names([image(1, name="a.jpg"), image(2, name="a.png"), image(3, name="A.jpg"), image(4, name="b")])
    assert len({name.rpartition(".")[0].casefold() for name in names}) == 4


def test_a_group_never_straddles_the_split_and_never_changes_sides():
    images = [ExportImage(an_id(n), "x.png", str(n), 1, 1, "approved", [], group=str(n // 3)) for n in range(300)]
    sides = [split_of(each, 0.2) for each in images]
    assert all(len(set(sides[n : n + 3])) == 1 for n in range(0, 300, 3))
    assert 30 <= sides.count("val") <= 90


@pytest.mark.parametrize(("write", "layout"), [(write_yolo, "yolo"), (write_coco, "coco")])
def test_what_was_exported_is_read_back(write, layout, tmp_path):
    unpacked(write(plan(), lambda digest: picture(int(digest[:4], 16)))).extractall(tmp_path)
    assert layout_of(tmp_path) == layout
    images = [item for item in read_dataset(tmp_path) if isinstance(item, ImportImage)]
    assert len(images) == 9
    shapes = next(item.shapes for item in images if item.file_name == "cell-5.png")
    name, box = shapes[0]
    assert isinstance(box, Box)
    assert name == "red: 'cell'"
    assert [round(v, 3) for v in (box.x, box.y, box.width, box.height)] == [8, 12, 16, 24]
    assert next(item.shapes for item in images if item.file_name == "negative.png") == []
