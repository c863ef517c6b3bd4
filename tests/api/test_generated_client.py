"""The Python client that openapi-python-client makes of the document works against the server."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import picture

CONFIG = """
literal_enums: true
content_type_overrides:
  application/zip: application/octet-stream
  image/webp: application/octet-stream
"""

SCRIPT = """
import sys, uuid
from io import BytesIO
from generated import Client, models
from generated.api.default import (
    add_category, apply_commands, create_project, get_annotations, list_images, list_jobs, upload_images,
)
from generated.types import File

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
project = create_project.sync(client=client, body=models.NewProject(name="generated"))
category = add_category.sync(project.id, client=client, body=models.NewCategory(name="cell"))
body = models.UploadImagesBody(files=[File(BytesIO(open(sys.argv[2], "rb").read()), "a.png", "image/png")])
uploaded = upload_images.sync(project.id, client=client, body=body)
image = uploaded.registered[0]
draw = models.DrawAnnotation(
    type_="draw_annotation",
    annotation_id=uuid.uuid4(),
    category_id=category.id,
    geometry=models.Box(type_="box", x=1, y=2, width=10, height=12),
)
apply_commands.sync(image.id, client=client, body=models.Commands(commands=[draw]))
read = get_annotations.sync(image.id, client=client)
assert read.annotations[0].geometry.width == 10, read
assert [each.id for each in list_images.sync(project.id, client=client).items] == [image.id]
assert list_jobs.sync(project.id, client=client).items == []
missing = create_project.sync(client=client, body=models.NewProject(name=""))
assert missing.status == 400, missing
print("the generated client works")
"""


@pytest.fixture(scope="module")
def generated(http, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_bytes(http.get("/docs/openapi.json").content)
    (folder / "config.yaml").write_text(CONFIG)
    command = [
        Path(sys.executable).with_name("openapi-python-client"),
        *(
            "generate",
            "--path",
            "openapi.json",
            "--output-path",
            "generated",
            "--meta",
            "none",
            "--config",
            "config.yaml",
        ),
    ]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "omitted" not in made.stdout, made.stdout
    return folder


def test_the_generated_python_client_labels_a_picture(generated: Path, base_url: str):
    (generated / "a.png").write_bytes(picture(5))
    (generated / "script.py").write_text(SCRIPT)
    run = subprocess.run(
        [sys.executable, "script.py", base_url, "a.png"], cwd=generated, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
