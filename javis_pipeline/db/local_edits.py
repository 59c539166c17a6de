"""Following the journal of local edits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from javis_pipeline.db.connection import Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import ScopeRef

_QUERIES = named_queries("local_edits")


class Journal(NamedTuple):
    """What happened here since the journal was last read.

    Attributes:
        read_to: How far it is read now: the number of the first transaction that may still be running.
        edited: Scopes with edits since.
        wishes: Conflicts that were decided and not applied yet, and refused fields that a person wants asked again,
            by id.
    """

    read_to: int
    edited: frozenset[ScopeRef]
    wishes: Mapping[str, ScopeRef]


def read_journal(db: Database, after: int | None) -> Journal:
    """What happened since the journal was read to `after`.

    None, or a number from another server, asks for everything that waits to be sent.
    """
    with db.transaction() as conn:
        # One snapshot for all statements: the floor must be that of the rows.
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = conn.execute(_QUERIES["snapshot_floor"]).fetchone()
        assert row is not None
        floor = int(row["floor"])
        if after is None or after > floor:
            edited = conn.execute(_QUERIES["scopes_with_edits"]).fetchall()
        else:
            edited = conn.execute(_QUERIES["edits_between"], {"after": str(after), "floor": str(floor)}).fetchall()
        wishes = conn.execute(_QUERIES["waiting_wishes"]).fetchall()
    return Journal(
        floor,
        frozenset(ScopeRef(row["system"], row["scope"]) for row in edited),
        {row["id"]: ScopeRef(row["system"], row["scope"]) for row in wishes},
    )


def editors(db: Database, since: datetime) -> list[dict[str, Any]]:
    """Who edited since an instant: `system`, `scope`, `application`, `db_user`, `edits`, `records`, `last_at`."""
    return db.query(_QUERIES["editors"], {"since": since})
