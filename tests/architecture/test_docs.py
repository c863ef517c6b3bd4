"""What the documents say is there, and what is there they say."""

import re
from pathlib import Path

import pytest

from cli.main import app
from tests.architecture.sources import ROOT

README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:|#|mailto:)([^)#]+)")


def section(title: str) -> str:
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no section {title}"
    return found[1]


def test_the_configuration_table_holds_every_setting_and_no_other() -> None:
    read = set(re.findall(r'"([A-Z]+_[A-Z_]+)"', (ROOT / "adapters" / "settings.py").read_text()))
    told = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", section("Configuration")))
    assert read == told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_link_to_a_file_finds_it(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


def test_every_make_target_that_is_told_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    told = set(re.findall(r"\bmake ([a-z][a-z-]+)", "\n".join(re.findall(r"`[^`]+`|^    .*|^\w+=?.*$", README, re.M))))
    targets = set(re.findall(r"^([a-z][a-z-]+):", makefile, re.MULTILINE))
    assert told
    assert told <= targets


def test_every_command_that_is_told_exists() -> None:
    told = set(re.findall(r"`autoannotate (\w+)", README))
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert told
    assert told <= commands


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    pages = {page.name: page.read_text().splitlines()[0] for page in (ROOT / "docs" / "adr").glob("0*.md")}
    assert pages
    for name, title in pages.items():
        number, words = re.fullmatch(r"# (\d+)\. (.+)", title).groups()  # pyright: ignore[reportOptionalMemberAccess]  a page without a number fails here
        assert f"| {name[:4]} | [{words}]({name}) |" in index
        assert int(number) == int(name[:4])


def test_numbers_of_decisions_are_given_once() -> None:
    numbers = [page.name[:4] for page in sorted((ROOT / "docs" / "adr").glob("0*.md"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
