"""House rules that a reader would otherwise have to remember. Each says where a breach is."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, ROOT, imports, python_files, tree

HEAVY = {"torch", "torchvision", "ultralytics", "open_clip", "timm", "faiss", "sklearn", "cv2", "scipy"}
ARQ_FILES = {"adapters/jobs.py", "worker/main.py"}
LINE_CEILING = 300
VAGUE_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common|base)(_|$)")
# The reason stands two spaces behind the code that is silenced.
ESCAPE = re.compile(
    r"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore)(?::\s*[\w, -]+?|\[[\w, -]+\])?(?P<reason>\s{2,}\S.*)?$"
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_heavy_libraries_are_imported_in_the_worker_only() -> None:
    breaches = [
        f"{relative(path)}:{line} imports {module}"
        for path in python_files()
        if path.relative_to(ROOT).parts[0] in {"domain", "adapters", "api", "cli", "migrations"}
        for line, module in imports(path)
        if module.partition(".")[0] in HEAVY
    ]
    assert breaches == []


def test_arq_is_named_in_two_files() -> None:
    breaches = [
        f"{relative(path)}:{line}"
        for path in python_files()
        for line, module in imports(path)
        if module.partition(".")[0] == "arq"
        and relative(path) not in ARQ_FILES
        and path.relative_to(ROOT).parts[0] != "tests"
    ]
    assert breaches == []


def test_the_domain_knows_the_standard_library_and_msgspec() -> None:
    allowed = {*sys.stdlib_module_names, "msgspec", "domain"}
    impure = {"http", "io", "os", "random", "secrets", "shutil", "socket", "sqlite3", "subprocess", "time", "urllib"}
    breaches = [
        f"{relative(path)}:{line} imports {module}"
        for path in python_files()
        if path.relative_to(ROOT).parts[0] == "domain"
        for line, module in imports(path)
        if module.partition(".")[0] not in allowed or module.partition(".")[0] in impure
    ]
    assert breaches == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    decisions = "\n".join(page.read_text() for page in (ROOT / "docs" / "adr").glob("*.md"))
    breaches = [
        f"{relative(path)} has {length} lines"
        for path in python_files()
        if (length := len(path.read_text().splitlines())) > LINE_CEILING and relative(path) not in decisions
    ]
    # Split it by concept, or give the reason in an ADR that names the file.
    assert breaches == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [relative(path) for path in python_files() if VAGUE_NAMES.search(path.stem)] == []


def test_an_escape_from_a_check_has_its_reason_beside_it() -> None:
    breaches = []
    for path in python_files():
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            escape = ESCAPE.search(token.string) if token.type == tokenize.COMMENT else None
            if escape and not escape["reason"]:
                breaches.append(f"{relative(path)}:{token.start[0]} {token.string}")
    assert breaches == []


def test_nothing_is_left_to_do_in_a_comment() -> None:
    breaches = [
        f"{relative(path)}:{token.start[0]}"
        for path in python_files()
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        if token.type == tokenize.COMMENT and re.search(r"\b(TODO|FIXME|XXX|HACK)\b", token.string)
    ]
    assert breaches == []


def test_nothing_is_caught_and_forgotten() -> None:
    """`except Exception: pass` hides the next defect; contextlib.suppress names what it lets go."""
    breaches = [
        f"{relative(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
        and all(isinstance(statement, ast.Pass | ast.Continue) for statement in node.body)
    ]
    assert breaches == []


def test_no_path_of_a_machine_is_in_the_repository() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    private = re.compile(r"(?<![\w.])/(?:work|root)/\w|/home/(?!\{|<)\w+/")
    breaches = []
    for name in tracked.split("\0"):
        path = ROOT / name
        if not name or not path.is_file() or path.suffix in {".png", ".jpg", ".webp", ".woff2", ".svg"}:
            continue
        for number, line in enumerate(path.read_text(errors="ignore").splitlines(), 1):
            if private.search(line):
                breaches.append(f"{name}:{number}")
    assert [breach for breach in breaches if not breach.startswith("tests/architecture/")] == []


@pytest.mark.parametrize("module", ["api.app", "adapters.event_store", "cli.main"])
def test_a_process_that_serves_people_never_loads_torch(module: str) -> None:
    loaded = f"import sys, {module}; print([name for name in {sorted(HEAVY | {'numpy'})} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_package_says_what_it_is_for() -> None:
    silent = [
        package
        for package in PACKAGES
        if package not in {"tests", "benchmarks"} and not ast.get_docstring(tree(ROOT / package / "__init__.py"))
    ]
    assert silent == []
