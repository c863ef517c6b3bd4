"""`autoannotate`, command by command."""

import os
import subprocess
import sys

import typer

from adapters.embedded import EmbeddedServers
from adapters.embedded_process import EmbeddedServerError
from adapters.settings import Settings, SettingsError, load_settings
from cli.programs import ROOT, api_command, environment, migrate_command, worker_command
from cli.supervisor import StartError, Supervisor

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From a folder of pictures to a trustworthy detection dataset and detector.",
)


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
def migrate() -> None:
    """Bring the database to this version's schema."""
    try:
        with EmbeddedServers(_settings()) as servers:
            done = subprocess.run(migrate_command(), env=environment(servers.settings))
    except EmbeddedServerError as error:
        raise _refusal(error) from error
    raise typer.Exit(done.returncode)


if __name__ == "__main__":
    app()
