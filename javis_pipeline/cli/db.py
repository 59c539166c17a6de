"""`javis db`: the database that everything is kept in."""

import json
import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say
from javis_pipeline.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from javis_pipeline.settings import Settings

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=Group)
def command() -> None:
    """Manage the database: the one that DATABASE_URL names, or the embedded one."""


@command.command()
@click.option("--dagster", is_flag=True, help="The database of Dagster's runs and schedules instead of the product's.")
@as_json
def url(dagster: bool, as_json: bool) -> None:
    """Print the connection URL, password included: psql "$(javis db url)"."""
    from javis_pipeline.db.connection import dagster_url, database_url
    from javis_pipeline.settings import load_settings

    settings = load_settings()
    # psql and most programs do not know SQLAlchemy's way to name a driver.
    found = dagster_url(settings).replace("+psycopg2", "", 1) if dagster else database_url(settings)
    named = settings.database_url or (settings.dagster_postgres_url if dagster else None)
    click.echo(json.dumps({"url": found, "embedded": named is None}) if as_json else found)


@command.command()
@click.option("--dagster", is_flag=True, help="Also Dagster's own database, and the pools that bound runs.")
@as_json
def migrate(dagster: bool, as_json: bool) -> None:
    """Bring the schema up to date. Every command that uses the database does this first.

    Said by itself it also gives the roles their rights again, some of which may have been made since, and turns the
    switches as the settings say.
    """
    from javis_pipeline.db.connection import Database, database_url, upgrade
    from javis_pipeline.db.grants import regrant
    from javis_pipeline.db.migrate import known_revisions
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import TABLES, apply_policies

    settings = load_settings()
    applied, revision = upgrade(settings, TABLES), known_revisions()[-1]
    regrant(database_url(settings), TABLES)
    with Database(database_url(settings)) as db:
        apply_policies(db, settings)
    if dagster:
        _migrate_dagster(settings)
    if as_json:
        click.echo(json.dumps({"revision": revision, "applied": applied, "dagster": dagster}))
    else:
        say(f"The schema is at revision {revision}; applied now: {', '.join(applied) or 'none'}.")
        if dagster:
            click.echo("Dagster's database is up to date, and the pools are there.")


def _migrate_dagster(settings: "Settings") -> None:
    from javis_pipeline.cli.instance import dagster_instance
    from javis_pipeline.defs.location import adopt_former_names
    from javis_pipeline.defs.pools import ensure_pools

    with dagster_instance(settings) as instance:
        instance.upgrade()
        ensure_pools(instance)
        adopt_former_names(instance)


@command.command()
@click.option("-c", "statements", multiple=True, metavar="SQL", help="Run this and end. May be given again.")
@click.option("--dagster", is_flag=True, help="In the database of Dagster's runs and schedules.")
@click.pass_context
def shell(context: click.Context, statements: tuple[str, ...], dagster: bool) -> None:
    """Open psql on the database: the one of the embedded server, or the one on PATH."""
    import subprocess

    from javis_pipeline.db.connection import dagster_url, database_url, upgrade
    from javis_pipeline.db.server_place import find_binaries
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import TABLES

    settings = load_settings()
    upgrade(settings, TABLES)
    url = dagster_url(settings).replace("+psycopg2", "", 1) if dagster else database_url(settings)
    psql = shutil.which("psql") or str(find_binaries(settings.javis_pg_bin) / "psql")
    # The address, with its password, is not shown to whoever lists processes.
    environment = {**os.environ, "PGAPPNAME": "javis db shell", **_psql_environment(url)}
    asked = [part for statement in statements for part in ("-c", statement)]
    command = [psql, *(["-v", "ON_ERROR_STOP=1", *asked] if asked else [])]
    context.exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603 - psql, no shell


def _psql_environment(url: str) -> dict[str, str]:
    """The parts of the address, as the variables that psql reads."""
    from psycopg.conninfo import conninfo_to_dict

    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    names |= {"sslmode": "PGSSLMODE", "options": "PGOPTIONS", "sslrootcert": "PGSSLROOTCERT"}
    return {names[name]: str(value) for name, value in conninfo_to_dict(url).items() if name in names}


@command.command()
@as_json
def stop(as_json: bool) -> None:
    """Stop the embedded server. The next command that needs it starts it again."""
    from javis_pipeline.db.embedded import EmbeddedServer
    from javis_pipeline.settings import load_settings

    settings = load_settings()
    stopped = EmbeddedServer(settings.javis_home, pg_bin=settings.javis_pg_bin).stop()
    if as_json:
        click.echo(json.dumps({"stopped": stopped}))
    else:
        click.echo("The embedded PostgreSQL has stopped." if stopped else "No embedded PostgreSQL was running.")


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_json
def backup(file: Path, as_json: bool) -> None:
    """Write the product's database to FILE. Dagster's own database is not in it."""
    from javis_pipeline.db.backup import back_up
    from javis_pipeline.db.connection import database_url
    from javis_pipeline.settings import load_settings

    if file.exists():
        raise UsageError(f"{file} exists; name a new file")
    settings = load_settings()
    back_up(database_url(settings), file, pg_bin=settings.javis_pg_bin)
    if as_json:
        click.echo(json.dumps({"file": str(file), "bytes": file.stat().st_size}))
    else:
        say(f"{file} holds {file.stat().st_size:,} bytes. To restore: javis db restore {shlex.quote(str(file))}")


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do it without asking.")
@as_json
def restore(file: Path, yes: bool, as_json: bool) -> None:
    """Replace the whole product's database by the backup in FILE; all or nothing."""
    from javis_pipeline.db import backup
    from javis_pipeline.db.connection import database_url, display_name, upgrade
    from javis_pipeline.db.creates import doubt_all
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import TABLES, clock, open_database

    settings = load_settings()
    upgrade(settings, TABLES)  # makes the roles that the backup grants to
    target = database_url(settings)
    if not yes:
        click.confirm(f"Replace everything in {display_name(target)} by {file}?", abort=True, err=True)
    backup.restore(target, file, pg_bin=settings.javis_pg_bin)
    applied = upgrade(settings, TABLES)
    with open_database(settings) as db:
        doubt_all(db, clock())
    if as_json:
        click.echo(json.dumps({"restored": str(file), "applied": applied}))
    else:
        say(f"Restored from {file}. Next: javis status")


@command.command()
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@as_json
def prune(dry_run: bool, as_json: bool) -> None:
    """Forget history that is older than the JAVIS_KEEP_*_DAYS, here and in Dagster.

    What an edit that has not gone out, an open conflict or an unsettled write needs stays, however old it is.
    """
    from dataclasses import asdict
    from datetime import UTC, datetime, timedelta

    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.prune import Pruned
    from javis_pipeline.steps.prune import prune as forget
    from javis_pipeline.wiring import open_database

    settings, now = load_settings(), datetime.now(UTC)
    keep = settings.keep_days()
    with open_database(settings) as db:
        pruned = forget(db, keep, now=now, dry_run=dry_run)
    runs = _prune_dagster(settings, before=now - timedelta(days=keep.runs), dry_run=dry_run)
    pruned = [Pruned("runs of Dagster", keep.runs, runs), *pruned]
    if as_json:
        document = {"dry_run": dry_run, "forgotten": [asdict(entry) for entry in pruned]}
        click.echo(json.dumps(document))
        return
    columns = ["what", "older than", "would go" if dry_run else "gone"]
    print_table(columns, [(entry.table, f"{entry.days} days", entry.rows) for entry in pruned], empty="")


def _prune_dagster(settings: "Settings", *, before: "datetime", dry_run: bool) -> int:
    from javis_pipeline.cli.instance import dagster_instance
    from javis_pipeline.defs.run_history import prune_runs

    with dagster_instance(settings) as instance:
        return prune_runs(instance, before=before, dry_run=dry_run)
