"""The real API on a free port over a database of its own; tests talk HTTP and WebSocket to it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn
from alembic import command

from adapters.database import connected
from adapters.settings import Settings
from api.app import create_app
from tests.builders import picture
from tests.conftest import alembic_config


@pytest.fixture(scope="session")
def api_settings(settings: Settings) -> Settings:
    """Another database beside the one that adapter tests empty."""

    async def create() -> None:
        async with connected(settings.database_url) as connection:
            await connection.execute("CREATE DATABASE api")

    asyncio.run(create())
    url = settings.database_url.replace("/autoannotate?", "/api?")
    assert url != settings.database_url
    command.upgrade(alembic_config(url), "head")
    return msgspec.structs.replace(settings, given_database_url=url, blob_url=(settings.data_dir / "api").as_uri())


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The address of an API with these settings."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings), port=0, log_level="warning", lifespan="on", ws="websockets-sansio")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the API did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def base_url(api_settings: Settings) -> Iterator[str]:
    with serving(api_settings) as address:
        yield address


@pytest.fixture(scope="session")
def http(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, timeout=30) as client:
        yield client


class Api:
    """The API in the words of a test; every answer is checked for its status."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def call(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = self.http.request(method, path, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        return answer.json() if answer.content else None

    def project(self, name: str = "Blood cells") -> str:
        return self.call("POST", "/api/projects", 201, json={"name": name})["id"]

    def category(self, project_id: str, name: str) -> str:
        return self.call("POST", f"/api/projects/{project_id}/categories", 201, json={"name": name})["id"]

    def upload(self, project_id: str, *pictures: bytes, status: int = 201) -> Any:
        files = [("files", (f"picture-{n}.png", content, "image/png")) for n, content in enumerate(pictures)]
        return self.call("POST", f"/api/projects/{project_id}/images", status, files=files)

    def image(self, project_id: str, seed: int = 0) -> str:
        return self.upload(project_id, picture(seed))["registered"][0]["id"]

    def commands(self, image_id: str, *commands: dict[str, Any], status: int = 200, **more: Any) -> Any:
        body = {"commands": list(commands), **more}
        return self.call("POST", f"/api/images/{image_id}/commands", status, json=body)

    def annotations(self, image_id: str, **params: Any) -> Any:
        return self.call("GET", f"/api/images/{image_id}/annotations", params=params)


@pytest.fixture
def api(http: httpx.Client) -> Api:
    return Api(http)
