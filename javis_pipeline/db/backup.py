"""Backup and restore of one database, by PostgreSQL's own programs."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from psycopg.conninfo import make_conninfo

from javis_pipeline.db.connection import connect_once, url_parts
from javis_pipeline.db.server_place import find_binaries
from javis_pipeline.errors import DatabaseError

_SEES_ALL = """
    SELECT NOT coalesce(row_security_active(to_regclass('jira_issues')::oid), false),
           coalesce(pg_has_role(to_regrole('javis_sync')::oid, 'USAGE'), false)
"""
# The schema as a new database has it.
_EMPTY_SCHEMA = """
    DROP SCHEMA public CASCADE;
    CREATE SCHEMA public AUTHORIZATION pg_database_owner;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
    COMMENT ON SCHEMA public IS 'standard public schema'
"""


def back_up(url: str, file: Path, *, pg_bin: Path | None) -> None:
    """Write the database to `file` (pg_dump's custom format), readable for us only; nothing is left when it fails.

    Raises:
        DatabaseError: It could not be written; or the login is neither the owner nor of javis_sync, so that rows would
            be missing which it does not see.
    """
    # pg_dump stops at row-level security, for then rows could be missing; to a login of the sync none are.
    with connect_once(url, "javis db backup") as conn:
        row = conn.execute(_SEES_ALL).fetchone()
    is_owner, is_sync = row or (False, False)
    if not (is_owner or is_sync):
        raise DatabaseError("the login in DATABASE_URL does not see all rows; back up as the owner, or with javis_sync")
    options = () if is_owner else ("--enable-row-security",)
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        unfinished.touch(mode=0o600)
        _run("pg_dump", "--format=custom", *options, f"--file={unfinished}", url=url, pg_bin=pg_bin)
        unfinished.replace(file)
    except OSError as error:
        raise DatabaseError(f"the backup could not be written to {file}: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def restore(url: str, file: Path, *, pg_bin: Path | None) -> None:
    """Replace everything in the database by the backup in `file`, in one transaction."""
    with tempfile.TemporaryDirectory() as folder:
        # The whole script first: a pipe from a damaged file would end early, and the part be committed.
        script = Path(folder) / "restore.sql"
        _run("pg_restore", "--no-owner", f"--file={script}", str(file), url=None, pg_bin=pg_bin)
        _run(
            "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--output=/dev/null",
            f"--command={_EMPTY_SCHEMA}", f"--file={script}", url=url, pg_bin=pg_bin,
        )  # fmt: skip


def _run(program: str, *arguments: str, url: str | None, pg_bin: Path | None) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if url is not None:
        given = url_parts(url)
        # Everybody on the machine can read command lines, but not environments.
        environment["PGPASSWORD"] = given.pop("password", None) or ""
        arguments = (f"--dbname={make_conninfo('', **given)}", "--no-password", *arguments)
    command = [str(_find(program, pg_bin)), *arguments]
    done = subprocess.run(  # noqa: S603 - fixed programs, no shell
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise DatabaseError(f"{program} failed: {lines[0]}")


def _find(program: str, pg_bin: Path | None) -> Path:
    """The program from the folder of the server's programs, else from PATH."""
    path = find_binaries(pg_bin) / program
    if path.exists():
        return path
    on_path = shutil.which(program)
    if on_path is None:
        raise DatabaseError(f"{program} is not installed; install PostgreSQL's client programs")
    return Path(on_path)
