"""Readers of other tools' datasets: what is wrong is said by file, and the rest is read."""

import json

from domain.geometry import Box, Polygon
from tests.builders import picture
from worker.import_.detect import layout_of, read_dataset
from worker.import_.records import ImportImage, ImportProblem

VOC = """<annotation><filename>a.png</filename><size><width>64</width><height>48</height></size>
<object><name>cell</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>65</xmax><ymax>20</ymax></bndbox></object>
<object><name>flat</name><bndbox><xmin>5</xmin><ymin>2</ymin><xmax>5</xmax><ymax>20</ymax></bndbox></object>
<object><bndbox><xmin>5</xmin></bndbox></object></annotation>"""


def read(folder):
    items = list(read_dataset(folder))
    images = [item for item in items if isinstance(item, ImportImage)]
    return images, [item.detail for item in items if isinstance(item, ImportProblem)]


def test_voc_is_read_and_its_bad_objects_are_named(tmp_path):
    (tmp_path / "Annotations").mkdir()
    (tmp_path / "Annotations" / "a.xml").write_text(VOC)
    (tmp_path / "Annotations" / "broken.xml").write_text("<annotation>")
    (tmp_path / "Annotations" / "bomb.xml").write_text('<!DOCTYPE x [<!ENTITY a "b">]><annotation>&a;</annotation>')
    (tmp_path / "a.png").write_bytes(picture(1))
    (tmp_path / "ImageSets" / "Main").mkdir(parents=True)
    (tmp_path / "ImageSets" / "Main" / "test.txt").write_text("a\n")
    assert layout_of(tmp_path) == "voc"
    (image,), problems = read(tmp_path)
    assert image.shapes == [("cell", Box(1, 2, 63, 18))]
    assert (image.split, image.path) == ("test", tmp_path / "a.png")
    assert len(problems) == 4


def test_coco_polygons_and_boxes_are_told_apart(tmp_path):
    document = {
        "images": [{"id": 1, "file_name": "sub/a.png", "width": 64, "height": 48}],
        "categories": [{"id": 7, "name": "cell"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 7,
                "bbox": [1, 2, 3, 4],
                "segmentation": [[1, 2, 4, 2, 4, 6, 1, 6]],
            },
            {"id": 2, "image_id": 1, "category_id": 7, "bbox": [0, 0, 9, 9], "segmentation": [[0, 0, 9, 0, 0, 9]]},
            {"id": 3, "image_id": 1, "category_id": 8, "bbox": [0, 0, 9, 9]},
            {"id": 4, "image_id": 1, "category_id": 7},
            {"id": 5, "image_id": 99, "category_id": 7, "bbox": [0, 0, 9, 9]},
        ],
    }
    (tmp_path / "instances.json").write_text(json.dumps(document))
    (image,), problems = read(tmp_path)
    assert image.shapes == [("cell", Box(1, 2, 3, 4)), ("cell", Polygon((((0, 0), (9, 0), (0, 9)),)))]
    assert (image.file_name, image.path, len(problems)) == ("a.png", None, 3)


def test_yolo_rows_that_are_none_are_named_by_line(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(picture(1))
    (tmp_path / "images" / "b.png").write_bytes(picture(2))
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.25 0.5\nx y\n1 0.1 0.2\n0 9 9 0.1 0.1\n")
    (tmp_path / "data.yaml").write_text("names: [cell, disc]\n")
    images, problems = read(tmp_path)
    assert images[0].shapes == [("cell", Box(24, 12, 16, 24))]
    assert images[1].shapes == []
    assert [problem.split(":")[0] for problem in problems] == ["line 2", "line 3", "line 4"]


def test_a_folder_of_something_else_is_said_to_be_none(tmp_path):
    (tmp_path / "readme.md").write_text("hello")
    _, problems = read(tmp_path)
    assert "neither" in problems[0]
