"""Is it alive, is it ready, and how is it doing."""

import asyncio
import os
import shutil
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from litestar import Response
from litestar.di import NamedDependency
from redis.asyncio import Redis

from api.feed import Connections
from api.routing import get
from api.services import Services

MIN_FREE_BYTES = 200 * 2**20
WORKER_SILENT_S = 30


class Live(msgspec.Struct):
    status: Literal["ok"] = "ok"


class Part(msgspec.Struct):
    status: Literal["ok", "degraded", "down"]
    detail: str = ""


class Ready(msgspec.Struct):
    status: Literal["ok", "degraded", "down"]
    postgresql: Part
    redis: Part
    worker: Part
    disk: Part


@get("/health/live", "health_live")
async def health_live() -> Live:
    return Live()


@get("/health/ready", "health_ready")
async def health_ready(services: NamedDependency[Services]) -> Response[Ready]:
    """200 while work can be accepted, 503 when it cannot. Without Redis or a worker the platform is only slower."""
    postgresql, redis, worker, disk = await asyncio.gather(
        _postgresql(services), _redis(services), _worker(services), asyncio.to_thread(_disk, services)
    )
    parts = (postgresql, redis, worker, disk)
    worst: Any = "ok"
    if any(part.status == "down" for part in (postgresql, disk)):
        worst = "down"
    elif any(part.status != "ok" for part in parts):
        worst = "degraded"
    ready = Ready(worst, postgresql, redis, worker, disk)
    return Response(ready, status_code=503 if worst == "down" else 200)


@get("/metrics", "metrics", media_type="text/plain; version=0.0.4")
async def metrics(services: NamedDependency[Services]) -> str:
    """Prometheus text."""
    row = await services.pool.fetchrow(
        "SELECT (SELECT position FROM log_head) AS head, (SELECT count(*) FROM jobs WHERE state = 'queued') AS queued, "
        "(SELECT count(*) FROM jobs WHERE state = 'running') AS running, "
        "(SELECT count(*) FROM workers WHERE seen_at > now() - interval '30 seconds') AS workers, "
        "pg_database_size(current_database()) AS bytes"
    )
    lines = {
        "autoannotate_log_position": ("counter", row["head"]),
        "autoannotate_jobs_queued": ("gauge", row["queued"]),
        "autoannotate_jobs_running": ("gauge", row["running"]),
        "autoannotate_workers": ("gauge", row["workers"]),
        "autoannotate_database_bytes": ("gauge", row["bytes"]),
        "autoannotate_feed_sockets": ("gauge", Connections.count),
        "autoannotate_feed_head": ("counter", services.hub.head.position),
        "process_resident_memory_bytes": ("gauge", _resident_bytes()),
    }
    return "".join(f"# TYPE {name} {kind}\n{name} {value}\n" for name, (kind, value) in lines.items())


async def _postgresql(services: Services) -> Part:
    try:
        await asyncio.wait_for(services.pool.fetchval("SELECT 1"), 2)
    except Exception as away:
        # Whatever it is, the answer to "is the database there" is no.
        return Part("down", str(away) or type(away).__name__)
    return Part("ok")


async def _redis(services: Services) -> Part:
    url = services.settings.redis_url
    # redis-py leaves its keyword arguments without types.
    redis: Any = Redis
    redis = redis(unix_socket_path=urlsplit(url).path) if url.startswith("unix://") else redis.from_url(url)
    try:
        await asyncio.wait_for(redis.ping(), 1)
    except Exception as away:
        return Part("degraded", f"{away}; jobs start a little later")
    finally:
        await redis.aclose()
    return Part("ok")


async def _worker(services: Services) -> Part:
    try:
        seen = await services.pool.fetchval(
            "SELECT count(*) FROM workers WHERE seen_at > now() - make_interval(secs => $1)", float(WORKER_SILENT_S)
        )
    except Exception as away:
        return Part("degraded", str(away))
    return Part("ok", f"{seen} at work") if seen else Part("degraded", "no worker is running; jobs wait")


def _disk(services: Services) -> Part:
    free = shutil.disk_usage(services.settings.data_dir).free if services.settings.data_dir.exists() else None
    if free is not None and free < MIN_FREE_BYTES:
        return Part("down", f"only {free // 2**20} MB are free")
    return Part("ok")


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


routes = [health_live, health_ready, metrics]
