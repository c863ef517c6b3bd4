"""A disk that is full: writes are refused and nothing of them stays, reads go on, and what was acknowledged is there.

Where no disk may be mounted, a limit on the size of the API's files and an error of PostgreSQL's own play the full one.
"""

import resource
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from adapters.database import connected
from tests.builders import picture
from tests.faults.fleet import Fleet
from tests.faults.load import Load, judged, under_load
from tests.faults.recorder import Recorder, until
from tests.faults.rounds import GENEROUS_S, patience
from tests.faults.small_disk import SmallDisk, can_mount, small_disk

pytestmark = [pytest.mark.asyncio, patience]

POSTGRES_MB, BLOBS_MB = 320, 4
REFUSE_WRITES = """
CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_space BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION no_space();
"""
ALLOW_WRITES = "DROP TRIGGER no_space ON events; DROP FUNCTION no_space()"


class Cramped:
    """A fleet, and its disks where they could be mounted."""

    def __init__(self, fleet: Fleet, postgres: SmallDisk | None, blobs: SmallDisk | None) -> None:
        self.fleet = fleet
        self._postgres = postgres
        self._blobs = blobs

    @asynccontextmanager
    async def without_space_for_postgresql(self) -> AsyncIterator[None]:
        if self._postgres is not None:
            self._postgres.fill()
            yield
            self._postgres.empty()
        else:
            async with connected(self.fleet.settings.database_url) as connection:
                await connection.execute(REFUSE_WRITES)
                yield
                await connection.execute(ALLOW_WRITES)

    @contextmanager
    def without_space_for_blobs(self) -> Iterator[None]:
        if self._blobs is not None:
            self._blobs.fill()
            yield
            self._blobs.empty()
        else:
            (api,) = self.fleet.processes("api")
            before = api.rlimit(psutil.RLIMIT_FSIZE)
            api.rlimit(psutil.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))
            yield
            api.rlimit(psutil.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def cramped() -> Iterator[Cramped]:
    data_dir = Path(tempfile.mkdtemp(prefix="autoannotate-cramped-"))
    data_dir.chmod(0o711)
    fleet = Fleet(data_dir, AUTOANNOTATE_WORKERS="1", AUTOANNOTATE_LEASE_S="3")
    try:
        if can_mount(data_dir / "blobs"):
            with (
                small_disk(data_dir / "postgres", POSTGRES_MB) as postgres,
                small_disk(data_dir / "blobs", BLOBS_MB) as blobs,
            ):
                try:
                    fleet.up()
                    yield Cramped(fleet, postgres, blobs)
                finally:
                    fleet.down()
        else:
            try:
                fleet.up()
                yield Cramped(fleet, None, None)
            finally:
                fleet.down()
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


async def test_the_disk_of_postgresql_is_full(cramped: Cramped, recorder: Recorder, rounds: int, kept: Path) -> None:
    fleet = cramped.fleet
    async with under_load(fleet.address, recorder) as load:
        for _ in range(rounds):
            await recorder.pause(0.5)
            async with cramped.without_space_for_postgresql():
                fault = recorder.fault("disk of PostgreSQL full")
                await _until_refused(load, recorder)
                await _reads(fleet.address, load)
            await recorder.until_writing(fault, GENEROUS_S)
    await judged(recorder, fleet.settings.database_url, kept)


async def test_the_disk_of_the_blobs_is_full(cramped: Cramped, recorder: Recorder, rounds: int, kept: Path) -> None:
    fleet = cramped.fleet
    async with under_load(fleet.address, recorder) as load:
        for number in range(rounds):
            await recorder.pause(0.5)
            files = {"files": ("refused.png", picture(10_000 + number, (640, 480)), "image/png")}
            path = f"/api/projects/{load.project.id}/images"
            stored = _blobs(fleet)
            with cramped.without_space_for_blobs():
                fault = recorder.fault("disk of the blobs full")
                async with httpx.AsyncClient(base_url=fleet.address, timeout=GENEROUS_S) as http:
                    answer = await http.post(path, files=files)
                    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
                    # Only pictures need that disk.
                    renamed = await http.patch(f"/api/projects/{load.project.id}", json={"name": f"full {number}"})
                    assert renamed.status_code == 200
            assert {name for name in _blobs(fleet) - stored if len(name) != 64} == set()
            await recorder.until_writing(fault, GENEROUS_S)
            async with httpx.AsyncClient(base_url=fleet.address, timeout=GENEROUS_S) as http:
                assert (await http.post(path, files=files)).status_code == 201
    await judged(recorder, fleet.settings.database_url, kept)


def _blobs(fleet: Fleet) -> set[str]:
    """Names of files; of an original exactly its SHA-256."""
    return {path.name for path in (fleet.data_dir / "blobs" / "images").rglob("*") if path.is_file()}


async def _until_refused(load: Load, recorder: Recorder) -> None:
    refused = recorder.refusals
    await until(lambda: recorder.refusals > refused, GENEROUS_S, f"nothing is refused; {load.acknowledged} written")


async def _reads(address: str, load: Load) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=GENEROUS_S) as http:
        for path in (f"/api/projects/{load.project.id}", f"/api/images/{load.project.image_ids[0]}/annotations"):
            answer = await http.get(path)
            assert answer.status_code == 200, answer.text
