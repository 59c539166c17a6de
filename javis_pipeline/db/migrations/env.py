"""Run by Alembic: upgrades the connection that `javis_pipeline.db.migrate` hands over, one transaction a revision."""

from collections.abc import Collection
from typing import Any

from alembic import context

from javis_pipeline.db.migrate import declare, known_revisions


def _declare(ctx: Any, step: Any, heads: Collection[str], run_args: Any) -> None:  # noqa: ARG001 - Alembic's signature
    """With the last revision, in its transaction: a schema that is up to date has its triggers and grants."""
    if known_revisions()[-1] in heads:
        declare(ctx.connection.connection.driver_connection, context.config.attributes["tables"])


context.configure(
    connection=context.config.attributes["connection"],
    transaction_per_migration=True,
    version_table=context.config.attributes["version_table"],
    on_version_apply=_declare,
)
with context.begin_transaction():
    context.run_migrations()
