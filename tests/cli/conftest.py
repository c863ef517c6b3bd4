import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.running import Platform


@contextmanager
def fresh() -> Iterator[Platform]:
    data_dir = Path(tempfile.mkdtemp(prefix="autoannotate-up-"))
    data_dir.chmod(0o711)
    platform = Platform(data_dir)
    try:
        yield platform
    finally:
        if platform.supervisor is not None:
            platform.end(signal.SIGTERM)
        shutil.rmtree(data_dir)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with fresh() as platform:
        yield platform


@pytest.fixture
def second_platform() -> Iterator[Platform]:
    with fresh() as platform:
        yield platform
