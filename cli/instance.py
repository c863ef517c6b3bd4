"""One supervisor per data folder."""

import fcntl
import os

from adapters.embedded_process import make_data_dir
from adapters.settings import Settings


class StartError(RuntimeError):
    """The platform cannot start; the message says what to change."""


class Instance:
    """Holds the data folder until `release`, or until this process ends however it ends.

    The lock file keeps the address as long as a supervisor has not ended in order.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises StartError, with the address, where another process holds the folder."""
        make_data_dir(settings.data_dir)
        self._lock = os.open(settings.data_dir / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            address = os.pread(self._lock, 200, 0).decode().strip()
            os.close(self._lock)
            raise StartError(f"already running at {address} with {settings.data_dir}") from None
        self.was_killed = os.fstat(self._lock).st_size > 0
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{settings.address}\n".encode(), 0)

    def release(self) -> None:
        os.ftruncate(self._lock, 0)
        os.close(self._lock)
