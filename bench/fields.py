"""A site with three hundred fields of its own: a first load of issues with thirty each, and the view that names them.

The floor has one more column with those fields as Jira gives them.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, LiteralString

import psycopg
from psycopg.sql import SQL

from bench import certificate, pull
from bench.fields_issues import DEFINED
from bench.fields_server import FILES
from bench.places import canned_jira, database, postgres, subject

SITE: Final = pull.Site("Cloud, own fields", "bench.fields_server", "bench.fields_subject")
VIEW_MS: Final = 50
_ASKED: Final[Mapping[str, LiteralString]] = {
    "a choice": """SELECT key, "Field 4" FROM issues_bench WHERE "Field 4" = 'S3' """,
    "a number and a date": """SELECT key FROM issues_bench WHERE "Field 1" > 100 AND "Field 2" < '2026-06-01' """,
    "one of several": """SELECT key, "Field 4" FROM issues_bench WHERE "Field 5" @> ARRAY['S2'] """,
    "two of several": """SELECT key FROM issues_bench WHERE "Field 5" && '{S2}' AND "Field 8" && '{l3}' """,
    "part of a text, all columns": """SELECT * FROM issues_bench WHERE "Field 0" ILIKE '%77%' """,
    "a choice, all columns": """SELECT * FROM issues_bench WHERE "Field 4" = 'S3' """,
}


def measure(*, rounds: int, issues: int, files: Sequence[Path] = ()) -> int:
    """Print both tables; 1 when a target was missed, else 0. With files, of their issues."""
    os.environ[FILES] = os.pathsep.join(map(str, files))
    missed = pull.measure(SITE, rounds=rounds, issues=issues, large=0)
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="javis-bench-", ignore_cleanup_errors=True))
        )
        server_url = stack.enter_context(postgres(folder / "postgres"))
        cert = certificate.make(str(folder))
        jira_url = stack.enter_context(canned_jira(issues, 0, cert, module=SITE.server))
        database_url = stack.enter_context(database(server_url))
        ask = stack.enter_context(subject("ours", jira_url, database_url, cert[0], module=SITE.subject))
        ask("reset")
        ask("pull")
        return missed | _report(database_url, issues)


def _report(database_url: str, issues: int) -> int:
    missed = False
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE jira_issues")
        print(f"view of {DEFINED} fields, {issues} issues, the quickest of five")
        for name, question in _ASKED.items():
            took = min(_milliseconds(conn, question) for _ in range(5))
            missed |= took > VIEW_MS
            print(f"  {name:<28}{took:>8.1f} ms   <= {VIEW_MS} ms{'  MISSED' if took > VIEW_MS else ''}")
    return int(missed)


def _milliseconds(conn: psycopg.Connection, question: LiteralString) -> float:
    ((plan,),) = conn.execute(SQL("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {}").format(SQL(question))).fetchall()
    return float(plan[0]["Execution Time"])
