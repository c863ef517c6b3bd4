"""The command line of every process the platform is made of."""

import os
import sys
from pathlib import Path

from adapters.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
API_SHUTDOWN_S = 5


def api_command(settings: Settings) -> list[str]:
    command = [sys.executable, "-m", "uvicorn", "api.app:create_app", "--factory"]
    command += ["--host", settings.host, "--port", str(settings.port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--ws", "api.feed_protocol:ImpatientProtocol"]
    # A frame is made once for all sockets of a project; compression would be done again for every one of them.
    command += ["--ws-per-message-deflate", "false"]
    command += ["--log-level", "warning", "--no-access-log", "--no-server-header"]
    # Sockets of the feed stay open for ever: a shutdown closes them (1012) instead of waiting for the browsers.
    return [*command, "--timeout-graceful-shutdown", str(API_SHUTDOWN_S)]


def worker_command() -> list[str]:
    return [sys.executable, "-m", "worker.main"]


def demo_command(settings: Settings, dataset: str | None) -> list[str]:
    """It talks to a platform of its own over HTTP, as anybody would, and is no part of ours."""
    command = [sys.executable, "-m", "benchmarks.demo", "--data-dir", str(settings.data_dir / "demo")]
    return [*command, dataset] if dataset else command


def migrate_command() -> list[str]:
    return [sys.executable, "-m", "alembic", "-c", str(ROOT / "migrations" / "alembic.ini"), "upgrade", "head"]


def environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, **settings.environment(), "PYTHONUNBUFFERED": "1"}
