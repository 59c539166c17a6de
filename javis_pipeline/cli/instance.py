"""The Dagster instance that commands run on."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from javis_pipeline.errors import DatabaseError, SettingError
from javis_pipeline.home import DAGSTER_CONFIG
from javis_pipeline.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance


def use_dagster_home(settings: Settings) -> Path:
    """Point Dagster, here and in processes that are started from here, at its home; the folder.

    Our own gets the newest dagster.yaml. In a home that DAGSTER_HOME names people keep their own.
    """
    home = settings.dagster_folder
    if home == settings.javis_home / "dagster":
        home.mkdir(parents=True, exist_ok=True)
        copy = home / DAGSTER_CONFIG.name
        if not copy.is_file() or copy.read_bytes() != DAGSTER_CONFIG.read_bytes():
            shutil.copyfile(DAGSTER_CONFIG, copy)
    elif not home.is_dir():
        raise SettingError(f"DAGSTER_HOME is {home}, which is no folder; make it, or leave DAGSTER_HOME out")
    os.environ["DAGSTER_HOME"] = str(home)
    return home


@contextmanager
def dagster_instance(settings: Settings) -> Iterator["DagsterInstance"]:
    """The instance while the block lasts; DatabaseError when its database cannot be used."""
    from dagster import DagsterInstance
    from dagster_postgres.utils import DagsterPostgresException
    from sqlalchemy.exc import DBAPIError

    use_dagster_home(settings)
    try:
        with DagsterInstance.get() as instance:
            yield instance
    except (DBAPIError, DagsterPostgresException) as error:
        # dagster-postgres says only that it has tried often enough; the reason is the last error's.
        cause = error if isinstance(error, DBAPIError) else error.__cause__
        reason = str(cause.orig if isinstance(cause, DBAPIError) else error).splitlines()[0]
        raise DatabaseError(
            f"Dagster's database: {reason}; check DAGSTER_POSTGRES_URL, and that its role owns the tables there"
        ) from error


def prepare_instance(settings: Settings) -> None:
    """Make the instance ready for runs: home, product schema, and the pools that bound how many runs meet at an API."""
    from javis_pipeline.defs.location import adopt_former_names
    from javis_pipeline.defs.pools import ensure_pools
    from javis_pipeline.wiring import open_database

    open_database(settings).close()
    with dagster_instance(settings) as instance:
        ensure_pools(instance)
        adopt_former_names(instance)
