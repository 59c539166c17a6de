"""Run by Alembic: upgrades the connection that `javis_pipeline.db.migrate` hands over, one transaction a revision."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transaction_per_migration=True,
    version_table=context.config.attributes["version_table"],
)
with context.begin_transaction():
    context.run_migrations()
