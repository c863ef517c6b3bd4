"""The embedded servers on real processes: started, stopped, attached to, killed and taken over."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import psutil
import pytest
import redis

from adapters.embedded import EmbeddedServers, start_postgres, start_valkey
from adapters.embedded_postgres import PostgresServer
from adapters.embedded_process import EmbeddedServerError, Owner
from adapters.settings import load_settings

SUPERVISOR = """
import sys, time
from pathlib import Path
from adapters.embedded import start_postgres, start_valkey
directory = Path(sys.argv[1])
print(start_postgres(directory).pid, start_valkey(directory).pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="autoannotate-servers-"))
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        # Whatever a failed test left running is attached to here, and stopped.
        if (directory / "postgres" / "data").exists():
            start_postgres(directory, take_over=True).stop()
        if (directory / "valkey" / "data").exists():
            start_valkey(directory, take_over=True).stop()
        shutil.rmtree(directory)


async def remember(url: str, word: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
    await connection.execute("INSERT INTO words VALUES ($1)", word)
    await connection.close()


async def remembered(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    words = [row["word"] for row in await connection.fetch("SELECT word FROM words ORDER BY word")]
    await connection.close()
    return words


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_postgres_keeps_its_data_over_a_restart(data_dir: Path) -> None:
    first = start_postgres(data_dir)
    await remember(first.url, "kept")
    first.stop()
    assert gone(first.pid)
    second = start_postgres(data_dir)
    assert (second.url, await remembered(second.url)) == (first.url, ["kept"])
    second.stop()


async def test_postgres_has_the_vector_type_and_sorts_by_code_point(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    connection = await asyncpg.connect(server.url)
    await connection.execute("CREATE EXTENSION vector")
    assert await connection.fetchval("SELECT '[3,4]'::vector <-> '[0,0]'") == 5
    assert await connection.fetchval("SELECT 'a' > 'B' AND current_setting('server_encoding') = 'UTF8'")
    assert await connection.fetchval("SHOW synchronous_commit") == "on"
    await connection.close()
    server.stop()


async def test_postgres_asks_everybody_for_the_password(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    scheme, _, rest = server.url.partition("://postgres:")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"{scheme}://postgres:guess@{rest.partition('@')[2]}")
    server.stop()


def test_valkey_keeps_its_queue_over_a_kill(data_dir: Path) -> None:
    first = start_valkey(data_dir)
    with redis.Redis.from_url(first.url) as client:
        client.lpush("queue", "nudge")
        # The append-only file is written once a second.
        client.execute_command("WAITAOF", 1, 0, 5000)
    os.kill(first.pid, signal.SIGKILL)
    first.stop()
    second = start_valkey(data_dir)
    with redis.Redis.from_url(second.url) as client:
        assert client.lrange("queue", 0, -1) == [b"nudge"]
    second.stop()


async def test_a_running_server_is_attached_to_and_left_running(data_dir: Path) -> None:
    running = start_postgres(data_dir)
    visitor = start_postgres(data_dir)
    assert (visitor.pid, visitor.url) == (running.pid, running.url)
    visitor.stop()
    await remember(running.url, "still here")
    heir = start_postgres(data_dir, take_over=True)
    heir.stop()
    assert not running.alive()


def supervise(data_dir: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """Another process that has started both servers, and their pids."""
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, data_dir], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert supervisor.stdout is not None
    with supervisor.stdout as output:
        return supervisor, [int(pid) for pid in output.readline().split()]


async def test_after_its_supervisor_was_killed_the_next_start_serves_the_same_data(data_dir: Path) -> None:
    supervisor, pids = supervise(data_dir)
    url = start_postgres(data_dir).url
    await remember(url, "before")
    supervisor.kill()
    supervisor.wait()
    postgres, valkey = start_postgres(data_dir, take_over=True), start_valkey(data_dir, take_over=True)
    await remember(postgres.url, "after")
    assert await remembered(postgres.url) == ["after", "before"]
    with redis.Redis.from_url(valkey.url) as client:
        assert client.ping()
    postgres.stop()
    valkey.stop()
    assert all(gone(pid) for pid in [*pids, postgres.pid, valkey.pid])


async def test_a_server_that_has_not_heard_yet_that_it_must_end_is_waited_for(data_dir: Path) -> None:
    supervisor, (postgres_pid, valkey_pid) = supervise(data_dir)
    for pid in (postgres_pid, valkey_pid):
        os.kill(pid, signal.SIGSTOP)
    supervisor.kill()
    supervisor.wait()
    wake = [threading.Timer(0.5, os.kill, (pid, signal.SIGCONT)) for pid in (postgres_pid, valkey_pid)]
    for timer in wake:
        timer.start()
    postgres, valkey = start_postgres(data_dir, take_over=True), start_valkey(data_dir, take_over=True)
    assert not {postgres.pid, valkey.pid} & {postgres_pid, valkey_pid}
    await remember(postgres.url, "after")
    postgres.stop()
    valkey.stop()
    for timer in wake:
        timer.join()


async def test_a_killed_postmaster_is_revived_with_what_was_committed(data_dir: Path) -> None:
    settings = load_settings({"AUTOANNOTATE_DATA_DIR": str(data_dir)})
    with EmbeddedServers(settings) as servers:
        url = servers.settings.database_url
        await remember(url, "committed")
        (postmaster,) = [
            child
            for child in psutil.Process().children()
            if child.name().startswith("postgres") and str(data_dir) in " ".join(child.cmdline())
        ]
        os.kill(postmaster.pid, signal.SIGKILL)
        psutil.wait_procs([postmaster], timeout=5)
        assert servers.revive() == [PostgresServer.name]
        assert await remembered(url) == ["committed"]
        assert servers.revive() == []


def test_servers_that_settings_name_are_not_started(data_dir: Path) -> None:
    given = {"DATABASE_URL": "postgresql://somebody@elsewhere/db", "REDIS_URL": "redis://elsewhere"}
    settings = load_settings({"AUTOANNOTATE_DATA_DIR": str(data_dir), **given})
    with EmbeddedServers(settings) as servers:
        assert servers.settings == settings
    assert list(data_dir.iterdir()) == []


async def test_a_data_folder_with_a_long_name_gets_a_short_socket(data_dir: Path) -> None:
    deep = data_dir / ("x" * 90)
    server = start_postgres(deep)
    await remember(server.url, "reached")
    server.stop()
    sockets = Path(unquote(server.url.partition("?host=")[2]))
    assert sockets.parent == Path("/tmp")
    sockets.rmdir()


async def test_binaries_in_a_private_folder_are_copied(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What a virtual environment below a private home looks like to the servers' user.
    monkeypatch.setattr(Owner, "reaches", lambda self, path: "site-packages" not in path.parts)
    server = start_postgres(data_dir)
    executable = psutil.Process(server.pid).exe()
    server.stop()
    assert Path(executable).is_relative_to(data_dir / "software")


def test_a_private_folder_above_the_data_is_never_opened(data_dir: Path) -> None:
    private = data_dir / "home"
    private.mkdir(mode=0o700)
    if os.geteuid() == 0:
        with pytest.raises(EmbeddedServerError, match="choose another AUTOANNOTATE_DATA_DIR"):
            start_postgres(private / "data")
    else:
        start_postgres(private / "data").stop()
    assert private.stat().st_mode & 0o777 == 0o700


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="max_connections"):
        start_postgres(data_dir, configuration={"max_connections": "none"})
