"""`autoannotate`, command by command."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from adapters.embedded import EmbeddedServers
from adapters.embedded_process import EmbeddedServerError
from adapters.settings import Settings, SettingsError, load_settings
from cli.instance import Instance, StartError
from cli.programs import ROOT, api_command, demo_command, environment, migrate_command, worker_command
from cli.supervisor import Supervisor

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def private() -> None:
    """From a folder of pictures to a trustworthy detection dataset and detector."""
    # Pictures, weights and backups are readable by this user alone, whatever the login's mask is.
    os.umask(0o077)


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        raise _refusal(error) from error


def _refusal(error: Exception) -> typer.Exit:
    print(f"autoannotate: {error}", file=sys.stderr)
    return typer.Exit(2)


@app.command()
def up() -> None:
    """Start everything, print one address, serve until Ctrl-C."""
    try:
        Supervisor(_settings()).run()
    except (StartError, EmbeddedServerError) as error:
        raise _refusal(error) from error


@app.command()
def api() -> None:
    """Run one API process against DATABASE_URL and REDIS_URL."""
    _become(api_command(_settings()))


@app.command()
def worker() -> None:
    """Run one worker against DATABASE_URL and REDIS_URL."""
    _become(worker_command())


def _become(command: list[str]) -> None:
    settings = _settings()
    try:
        _ = settings.database_url, settings.redis_url
    except SettingsError as error:
        raise _refusal(error) from error
    os.chdir(ROOT)
    os.execve(command[0], command, environment(settings))


@app.command()
def demo(
    dataset: Annotated[Path | None, typer.Argument(envvar="DEMO_DATA", help="COCO, YOLO or Pascal VOC folder")] = None,
) -> None:
    """Run the whole loop by itself: labels play the person; drawn parts do where no dataset is given."""
    settings = _settings()
    command = demo_command(settings, str(dataset.absolute()) if dataset else None)
    os.chdir(ROOT)
    os.execve(command[0], command, environment(settings))


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    with _servers() as servers:
        done = subprocess.run(migrate_command(), env=environment(servers.settings))
    raise typer.Exit(done.returncode)


@app.command()
def rebuild(
    check: Annotated[bool, typer.Option("--check", help="Only compare; leave the live tables where they are")] = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Events folded in one transaction")] = 1_000,
) -> None:
    """Fold the log into the read models again, prove them equal by hash, and swap them in; 1 when they differed."""
    # Imported here and below: `up` needs neither the domain nor an object store, and starts sooner without.
    from adapters.codec import UnknownEventType
    from adapters.rebuild import RebuildError
    from adapters.rebuild import rebuild as fold_again

    try:
        with _servers() as servers:
            report = asyncio.run(fold_again(servers.settings.database_url, batch_size=batch_size, swap=not check))
    except (RebuildError, UnknownEventType) as error:
        raise _refusal(error) from error
    for table, proof in report.tables.items():
        print(
            f"{table:16} {proof.rows:>10} rows  {'equal' if proof.equal else 'DIFFERENT'}  {proof.rebuilt_sha256[:16]}"
        )
    print(f"{'compared' if check else 'rebuilt and swapped in'} at position {report.position}")
    raise typer.Exit(0 if report.equal else 1)


@app.command()
def backup(archive: Annotated[Path, typer.Argument(help="The file to write, e.g. autoannotate.tar")]) -> None:
    """Write the database and the blobs it names to one file, while everything goes on running."""
    from adapters.backup import BackupError, write_backup

    if archive.exists():
        raise _refusal(BackupError(f"{archive} exists already"))
    try:
        with _servers() as servers:
            manifest = asyncio.run(write_backup(servers.settings, archive))
    except BackupError as error:
        raise _refusal(error) from error
    print(f"{archive}: position {manifest.epoch}:{manifest.position}, {manifest.blobs} blobs")


@app.command()
def restore(archive: Annotated[Path, typer.Argument(help="A file that `autoannotate backup` wrote")]) -> None:
    """Verify a backup and fill an empty database and blob store from it; nothing may be running."""
    from adapters.backup import BackupError, restore_backup

    try:
        instance = Instance(_settings())
        with _servers() as servers:
            manifest = asyncio.run(restore_backup(servers.settings, archive))
            migrated = subprocess.run(migrate_command(), env=environment(servers.settings))
        instance.release()
    except (BackupError, StartError) as error:
        raise _refusal(error) from error
    print(f"restored position {manifest.epoch}:{manifest.position}, {manifest.blobs} blobs; open pages load afresh")
    raise typer.Exit(migrated.returncode)


@contextmanager
def _servers() -> Generator[EmbeddedServers, None, None]:
    """The servers that settings name, or the embedded ones: those of a running `up`, or for the while our own."""
    try:
        with EmbeddedServers(_settings()) as servers:
            yield servers
    except EmbeddedServerError as error:
        raise _refusal(error) from error


if __name__ == "__main__":
    app()
