"""Whether it is alive, whether it is ready, and what a monitor reads."""

import re
import socket

import httpx
import msgspec

from adapters.settings import Settings
from tests.api.conftest import Api, serving


def test_alive_is_answered_without_looking_at_anything(api: Api) -> None:
    assert api.call("GET", "/health/live") == {"status": "ok"}


def test_ready_names_every_part_and_a_missing_worker_is_no_reason_to_refuse_work(api: Api) -> None:
    ready = api.call("GET", "/health/ready")
    assert {"postgresql", "redis", "worker", "disk"} < set(ready)
    assert (ready["postgresql"]["status"], ready["redis"]["status"], ready["disk"]["status"]) == ("ok", "ok", "ok")
    assert ready["status"] in ("ok", "degraded")


def test_without_redis_it_is_degraded_and_takes_work_all_the_same(api_settings: Settings) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{nobody_listens.getsockname()[1]}"
        with (
            serving(msgspec.structs.replace(api_settings, given_redis_url=address)) as base_url,
            httpx.Client(base_url=base_url) as http,
        ):
            answer = http.get("/health/ready")
            assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
            assert answer.json()["redis"]["status"] == "degraded"
            project = http.post("/api/projects", json={"name": "No Redis"}).json()["id"]
            asked = http.post(f"/api/projects/{project}/embeddings")
            assert (asked.status_code, asked.json()["job"]["state"]) == (202, "queued")


def test_metrics_are_prometheus_text_that_counts(api: Api) -> None:
    def position() -> int:
        answer = api.http.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = answer.text.splitlines()
        assert all(re.fullmatch(r"# TYPE \w+ (counter|gauge)|\w+ \d+(\.\d+)?", line) for line in lines), lines
        values = dict(line.split(" ") for line in lines if not line.startswith("#"))
        assert int(values["process_resident_memory_bytes"]) > 10_000_000
        return int(values["autoannotate_log_position"])

    before = position()
    api.project("Counted")
    assert position() == before + 1
