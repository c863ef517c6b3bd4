"""Every operation of the OpenAPI document under generated requests: no 5xx, nothing undocumented (schemathesis)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.conftest import Api
from tests.builders import box

EXAMPLES = os.environ.get("CONTRACT_EXAMPLES", "15")

CHECKS = ",".join(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "missing_required_header",
        "unsupported_method",
        # Not positive_data_acceptance: no schema can tell that a box must lie inside its picture.
    ]
)


@pytest.fixture
def known_things(api: Api) -> dict[str, str]:
    """Ids that exist, so that requests reach further than the first 404."""
    project = api.project("contract")
    category = api.category(project, "RBC")
    image = api.image(project)
    api.commands(
        image,
        {
            "type": "draw_annotation",
            "annotation_id": "01890000-0000-7000-8000-000000000001",
            "category_id": category,
            "geometry": box(),
        },
    )
    return {"project_id": project, "category_id": category, "image_id": image}


def test_no_operation_breaks_or_answers_what_is_not_documented(base_url: str, known_things, tmp_path: Path):
    config = tmp_path / "schemathesis.toml"
    config.write_text(
        "[parameters]\n" + "".join(f'"path.{name}" = "{value}"\n' for name, value in known_things.items())
    )
    command = [
        Path(sys.executable).with_name("schemathesis"),
        *("--config-file", config, "run", f"{base_url}/docs/openapi.json", "--url", base_url),
        *("--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES),
        *("--continue-on-failure", "--seed", "1", "--no-color"),
    ]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False)
    assert run.returncode == 0, run.stdout[:12_000] + run.stderr[-2_000:]
