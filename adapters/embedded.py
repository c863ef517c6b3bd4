"""PostgreSQL and Valkey from PyPI wheels, for a machine on which nothing is installed.

servers = EmbeddedServers(settings).start()     # settings in, settings out: only the missing URLs are filled in
servers.settings.database_url
servers.stop()                                  # stops what it started, and nothing else
"""

import msgspec

from adapters.embedded_postgres import PostgresServer, start_postgres
from adapters.embedded_valkey import ValkeyServer, start_valkey
from adapters.settings import Settings

__all__ = ["EmbeddedServers", "PostgresServer", "ValkeyServer", "start_postgres", "start_valkey"]


class EmbeddedServers:
    """The servers that `settings` does not name, under `settings.data_dir`.

    With `take_over` a server that is running already (its supervisor was killed) is stopped by `stop()` too;
    without it such a server is used and left running.
    """

    def __init__(self, settings: Settings, *, take_over: bool = False) -> None:
        self.settings = settings
        self._take_over = take_over
        self._running: list[PostgresServer | ValkeyServer] = []

    def start(self) -> "EmbeddedServers":
        """Call it from the main thread: the servers stop by themselves when the thread that started them ends."""
        directory = self.settings.data_dir
        try:
            if self.settings.given_database_url is None:
                postgres = start_postgres(directory, take_over=self._take_over)
                self._running.append(postgres)
                self.settings = msgspec.structs.replace(self.settings, given_database_url=postgres.url)
            if self.settings.given_redis_url is None:
                valkey = start_valkey(directory, take_over=self._take_over)
                self._running.append(valkey)
                self.settings = msgspec.structs.replace(self.settings, given_redis_url=valkey.url)
        except BaseException:
            self.stop()
            raise
        return self

    def revive(self) -> list[str]:
        """Start again what has gone although nobody stopped it, at the same URLs; the names of those servers."""
        gone = [server for server in self._running if not server.alive()]
        for server in gone:
            start = start_postgres if isinstance(server, PostgresServer) else start_valkey
            self._running[self._running.index(server)] = start(self.settings.data_dir, take_over=self._take_over)
        return [server.name for server in gone]

    def stop(self) -> None:
        while self._running:
            self._running.pop().stop()

    def __enter__(self) -> "EmbeddedServers":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
