"""Alembic's frame for the revisions in `versions/`, each of which is a plain SQL file."""

from pathlib import Path

from alembic import op


def execute_file(revision: str) -> None:
    """Run the SQL file beside a revision (`execute_file(__file__)`), exactly as it is written.

    Alembic's own `op.execute` reads `:name` as a parameter, which PL/pgSQL and array slices contain.
    """
    sql = Path(revision).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(sql)
