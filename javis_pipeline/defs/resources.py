"""What assets are handed: the settings and the database. Clients they make themselves, for the sides a project has.

Everything comes from settings inside the run, so no secret is part of a resource's configuration, which the UI shows.
"""

from collections.abc import Iterator
from contextlib import closing

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.console import print_our_lines
from javis_pipeline.settings import Settings, load_settings
from javis_pipeline.wiring import apply_policies, open_database


@dg.resource(description="Typed settings, read from the environment and .env")
def settings(context: dg.InitResourceContext) -> Settings:
    loaded = load_settings()
    if context.instance is not None:
        print_our_lines(context.instance, loaded.log_level)
    return loaded


@dg.resource(description="The product's PostgreSQL: DATABASE_URL, or the embedded server")
def db() -> Iterator[Database]:
    loaded = load_settings()
    with closing(open_database(loaded)) as database:
        apply_policies(database, loaded)
        yield database
