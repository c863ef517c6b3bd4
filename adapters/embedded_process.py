"""One server process of ours: started in the foreground, held by a lock, found again after its supervisor was killed.

The lock is the server's own: the child inherits the locked file descriptor, so the lock is free again exactly when
the server and all its children have ended, however they ended. The file holds the pids of server and supervisor.
"""

import contextlib
import ctypes
import fcntl
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import psutil

# sun_path is 108 bytes on Linux; the servers add a file name of up to 20.
SOCKET_DIRECTORY_LIMIT = 80
PR_SET_PDEATHSIG = 1
# Looked for in this order when we are root: PostgreSQL refuses to run as root.
SERVICE_USERS = ("autoannotate", "nobody", "daemon")
LOG_LIMIT_BYTES = 8_000_000
_libc = ctypes.CDLL(None, use_errno=True)
log = logging.getLogger(__name__)


class EmbeddedServerError(RuntimeError):
    """A server would not start or stop; the message says what it said last."""


class Owner:
    """The user a server runs as: ourselves, or as root an unprivileged account that may reach the data folder."""

    def __init__(self, directory: Path) -> None:
        self.uid, self.gid = os.geteuid(), os.getegid()
        if self.uid == 0:
            account = self._account(directory)
            self.uid, self.gid = account.pw_uid, account.pw_gid
        self.switches = self.uid != os.geteuid()

    @staticmethod
    def _account(directory: Path) -> pwd.struct_passwd:
        # Whoever owned the data last time goes on owning it.
        for child in ("postgres", "valkey"):
            with contextlib.suppress(FileNotFoundError, KeyError):
                previous = (directory / child).stat().st_uid
                if previous != 0:
                    return pwd.getpwuid(previous)
        for name in SERVICE_USERS:
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
        raise EmbeddedServerError(f"as root, one of the accounts {', '.join(SERVICE_USERS)} must exist")

    def reaches(self, path: Path) -> bool:
        """Whether this user may pass through every folder above `path`."""
        return not self.switches or all(self._may_enter(folder) for folder in path.resolve().parents)

    def _may_enter(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)

    def make_private(self, path: Path) -> Path:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.switches:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)
        return path

    def executable(self, source: Path, copies: Path) -> Path:
        """`source`, a file or folder of an installed package, or a copy where this user cannot reach it.

        A virtual environment below a private home cannot be entered by others, and opening the home is not ours to do.
        """
        if self.reaches(source):
            return source
        copy = copies / source.name
        if not copy.exists():
            unfinished = Path(tempfile.mkdtemp(dir=copies, prefix=".copy-"))
            target = unfinished / source.name
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            else:
                shutil.copy2(source, target)
            # The login that installed the package may have had a private mask.
            for path in (target, *target.rglob("*")):
                if not path.is_symlink():
                    mode = path.stat().st_mode
                    path.chmod(stat.S_IMODE(mode) | (0o555 if mode & stat.S_IXUSR else 0o444))
            target.rename(copy)
            unfinished.rmdir()
        return copy


def make_data_dir(directory: Path) -> None:
    """Make `directory` private, and folders above it that are missing so that root's servers may pass through them."""
    missing = [folder for folder in directory.parents if not folder.exists()]
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for folder in missing:
            folder.chmod(0o711)


def prepare_data_dir(directory: Path, owner: Owner) -> Path:
    """Make `directory`, and let the servers' user pass through it: it alone, never the folders that were there."""
    make_data_dir(directory)
    if not owner.reaches(directory):
        user = pwd.getpwuid(owner.uid).pw_name
        raise EmbeddedServerError(
            f"{directory} lies below a folder that user {user} may not enter, and PostgreSQL does not run as root; "
            "choose another AUTOANNOTATE_DATA_DIR, such as /var/lib/autoannotate, or run as an ordinary user"
        )
    if owner.switches:
        directory.chmod(stat.S_IMODE(directory.stat().st_mode) | stat.S_IXOTH)
    return directory


def socket_directory(preferred: Path, owner: Owner) -> Path:
    """`preferred`, or where its name is too long for a socket a private folder with a short one."""
    if len(os.fsencode(preferred)) <= SOCKET_DIRECTORY_LIMIT:
        return owner.make_private(preferred)
    short = Path("/tmp") / f"autoannotate-{sha256(os.fsencode(preferred)).hexdigest()[:16]}"
    with contextlib.suppress(FileExistsError):
        short.mkdir(mode=0o700)
    status = short.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (os.geteuid(), owner.uid):
        raise EmbeddedServerError(f"{short} belongs to somebody else; choose a shorter AUTOANNOTATE_DATA_DIR")
    return owner.make_private(short)


class ServerProcess:
    """A running server that holds the lock file. `mine` is False for one that was running before we came."""

    def __init__(self, name: str, pid: int, lock_file: Path, stop_signal: int, child: subprocess.Popen[bytes] | None):
        self.name = name
        self.pid = pid
        self.mine = child is not None
        self._lock_file = lock_file
        self._stop_signal = stop_signal
        self._child = child

    @classmethod
    def launch_or_attach(
        cls,
        name: str,
        command: Sequence[str | Path],
        *,
        lock_file: Path,
        log_file: Path,
        owner: Owner,
        stop_signal: int,
        environment: Mapping[str, str],
    ) -> "ServerProcess":
        """Start `command`, unless a server holds the lock already: that one is returned.

        One whose supervisor was killed has been told to end by the kernel, though it may not have heard it yet: it is
        waited for. Raises EmbeddedServerError when it does not end.
        """
        lock = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not _free(lock, fcntl.LOCK_EX):
                pid, supervisor = _recorded_pids(name, lock)
                running = cls(name, pid, lock_file, stop_signal, None)
                if _runs(supervisor):
                    return running
                running.stop()
            os.ftruncate(lock, 0)

            def die_with_parent() -> None:
                _libc.prctl(PR_SET_PDEATHSIG, stop_signal)

            _rotate(log_file)
            with log_file.open("ab") as output:
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd="/",
                    env=dict(environment),
                    user=owner.uid if owner.switches else None,
                    group=owner.gid if owner.switches else None,
                    extra_groups=[] if owner.switches else None,
                    pass_fds=(lock,),
                    # Ctrl-C at the terminal is for the supervisor, which stops its servers last.
                    start_new_session=True,
                    preexec_fn=die_with_parent,
                )
            os.pwrite(lock, f"{child.pid} {os.getpid()}\n".encode(), 0)
            return cls(name, child.pid, lock_file, stop_signal, child)
        finally:
            os.close(lock)

    def alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        try:
            with self._lock_file.open("rb") as lock:
                return not _free(lock.fileno(), fcntl.LOCK_SH)
        except FileNotFoundError:
            return False

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """True once `ready()`; False when the server has ended first. Raises EmbeddedServerError after `seconds`."""
        began = said = time.monotonic()
        while not ready():
            if not self.alive():
                return False
            now = time.monotonic()
            if now - began > seconds:
                raise EmbeddedServerError(f"{self.name} (pid {self.pid}) was not ready within {seconds:.0f} s")
            if now - said > 5:
                said = now
                log.warning("%s is recovering or loading its data: %.0f s so far", self.name, now - began)
            time.sleep(0.02)
        return True

    def stop(self, seconds: float = 60) -> None:
        """Ask it to end and wait until it and its children have: never SIGKILL, which would cost a recovery."""
        with contextlib.suppress(ProcessLookupError):
            if self.alive():
                os.kill(self.pid, self._stop_signal)
        deadline = time.monotonic() + seconds
        if self._child is not None:
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                raise EmbeddedServerError(f"{self.name} (pid {self.pid}) did not stop in {seconds:.0f} s") from None
            self._child = None
        while self.alive():
            if time.monotonic() > deadline:
                raise EmbeddedServerError(f"{self.name} (pid {self.pid}) did not stop in {seconds:.0f} s")
            time.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _free(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _rotate(log_file: Path) -> None:
    if log_file.exists() and log_file.stat().st_size > LOG_LIMIT_BYTES:
        log_file.rename(log_file.with_suffix(".log.1"))


def _recorded_pids(name: str, lock: int) -> tuple[int, int]:
    """The server's and its supervisor's."""
    # They are written a moment after the lock was taken.
    for _ in range(100):
        if (text := os.pread(lock, 32, 0)).endswith(b"\n"):
            pid, supervisor = text.split()
            return int(pid), int(supervisor)
        time.sleep(0.02)
    raise EmbeddedServerError(f"a {name} holds its lock without having left its pid; look for it with `ps`")


def last_lines(log_file: Path, count: int = 15) -> str:
    try:
        return "\n".join(log_file.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return "(it left no log)"
