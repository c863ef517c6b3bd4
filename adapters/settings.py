"""Everything that can be configured, read from the environment once per process and checked there."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

DEVICES = ("auto", "cpu", "cuda", "mps")


class SettingsError(ValueError):
    """A setting that cannot work; the message names the variable, what it holds and what it may hold."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`database_url` and `redis_url` are those of servers of the user's, or of the embedded ones once they run."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    weights_dir: Path | None = None
    """Where weights are looked for first; see docs on working without a network."""
    embedder: str = "ViT-B-32"
    """An open_clip architecture, `architecture/pretrained-tag`, or a timm model name."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N or mps."""
    lease_s: int = 30
    """A worker that is silent for so long has lost its job to another."""
    given_database_url: str | None = None
    given_redis_url: str | None = None
    blob_url: str
    """file:///absolute/folder, s3://, gs:// or az://."""

    @property
    def database_url(self) -> str:
        """`postgresql://…`, as asyncpg takes it. SettingsError where nobody gave one and no embedded server runs."""
        if self.given_database_url is None:
            raise SettingsError("DATABASE_URL is not set, and this process was not started by `autoannotate up`")
        return self.given_database_url

    @property
    def redis_url(self) -> str:
        """`redis://…`, `rediss://…` or `unix:///socket`, as redis-py and arq take it."""
        if self.given_redis_url is None:
            raise SettingsError("REDIS_URL is not set, and this process was not started by `autoannotate up`")
        return self.given_redis_url

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def environment(self) -> dict[str, str]:
        """The variables with which another process reads these same settings."""
        variables = {
            "AUTOANNOTATE_DATA_DIR": str(self.data_dir),
            "AUTOANNOTATE_HOST": self.host,
            "AUTOANNOTATE_PORT": str(self.port),
            "AUTOANNOTATE_WORKERS": str(self.workers),
            "AUTOANNOTATE_EMBEDDER": self.embedder,
            "AUTOANNOTATE_DEVICE": self.device,
            "AUTOANNOTATE_LEASE_S": str(self.lease_s),
            "BLOB_URL": self.blob_url,
        }
        if self.weights_dir is not None:
            variables["AUTOANNOTATE_WEIGHTS_DIR"] = str(self.weights_dir)
        if self.given_database_url is not None:
            variables["DATABASE_URL"] = self.given_database_url
        if self.given_redis_url is not None:
            variables["REDIS_URL"] = self.given_redis_url
        return variables


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from `environ`; an empty variable counts as unset. Raises SettingsError naming the variable."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    data_dir = _directory("AUTOANNOTATE_DATA_DIR", given) or _default_data_dir()
    return Settings(
        data_dir=data_dir,
        host=given.get("AUTOANNOTATE_HOST", "127.0.0.1"),
        port=_integer("AUTOANNOTATE_PORT", given, 8000, 1, 65535),
        workers=_integer("AUTOANNOTATE_WORKERS", given, 1, 0, 256),
        weights_dir=_existing_directory("AUTOANNOTATE_WEIGHTS_DIR", given),
        embedder=given.get("AUTOANNOTATE_EMBEDDER", "ViT-B-32"),
        device=_device(given.get("AUTOANNOTATE_DEVICE", "auto")),
        lease_s=_integer("AUTOANNOTATE_LEASE_S", given, 30, 2, 3600),
        given_database_url=_url("DATABASE_URL", given, ("postgresql", "postgres")),
        given_redis_url=_url("REDIS_URL", given, ("redis", "rediss", "unix")),
        blob_url=_url("BLOB_URL", given, ("file", "s3", "gs", "az")) or (data_dir / "blobs").as_uri(),
    )


def _default_data_dir() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/autoannotate")
    try:
        home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        # A container may run us under a number that has no passwd entry.
        home = Path.home()
    return home / ".local" / "share" / "autoannotate"


def _directory(name: str, given: Mapping[str, str]) -> Path | None:
    if name not in given:
        return None
    path = Path(given[name]).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise SettingsError(f"{name}={given[name]} is a file; it must name a folder")
    return path


def _existing_directory(name: str, given: Mapping[str, str]) -> Path | None:
    path = _directory(name, given)
    if path is not None and not path.is_dir():
        raise SettingsError(f"{name}={given[name]} does not exist; it must name a folder")
    return path


def _integer(name: str, given: Mapping[str, str], default: int, low: int, high: int) -> int:
    text = given.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
        raise SettingsError(f"{name}={text} must be a whole number from {low} to {high}")
    return int(text)


def _device(text: str) -> str:
    kind, _, index = text.partition(":")
    if kind not in DEVICES or (index and (kind != "cuda" or not index.isdecimal())):
        raise SettingsError(f"AUTOANNOTATE_DEVICE={text} must be auto, cpu, cuda, cuda:0 (or another number) or mps")
    return text


def _url(name: str, given: Mapping[str, str], schemes: tuple[str, ...]) -> str | None:
    if name not in given:
        return None
    # The value may hold a password: only its scheme is ever repeated in the message.
    scheme = urlsplit(given[name]).scheme
    if scheme not in schemes:
        accepted = ", ".join(f"{known}://" for known in schemes)
        raise SettingsError(f"{name} begins with {scheme or 'no scheme'!r}; it must begin with one of {accepted}")
    return given[name]
