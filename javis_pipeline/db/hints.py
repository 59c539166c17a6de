"""Hints of webhooks: which records may have changed there. Functions never commit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import ScopeRef, System

_QUERIES = named_queries("hints")


def store_hint(conn: Connection, scope: ScopeRef, remote_id: str, *, delivery_id: str | None) -> bool:
    """Have a record looked at by the next pull; False where that is so already, or the delivery is a repeat."""
    params = {**scope._asdict(), "remote_id": remote_id, "delivery_id": delivery_id}
    return conn.execute(_QUERIES["store_hint"], params).rowcount > 0


def scope_of_record(conn: Connection, system: System, remote_id: str) -> str | None:
    """The project or space that a record is stored in; None where it is not."""
    row = conn.execute(_QUERIES["scope_of_record"], {"system": system, "remote_id": remote_id}).fetchone()
    return str(row["scope"]) if row else None


class Hints(NamedTuple):
    """What a scope was told of, and nobody has looked at since.

    Attributes:
        numbers: Of the hints, to end them.
        ids: Of the records that they name, each once.
        whole: Whether one names no record: then anything of the scope may have changed.
    """

    numbers: Sequence[int] = ()
    ids: Sequence[str] = ()
    whole: bool = False


def take_hints(conn: Connection, system: System, scope: str, *, limit: int) -> Hints:
    """What a scope was told of, the oldest first; until it is ended, it is taken again by whoever comes next."""
    params = {"system": system, "scope": scope, "limit": limit}
    rows = sorted(conn.execute(_QUERIES["take_hints"], params), key=lambda row: int(row["id"]))
    named = dict.fromkeys(row["remote_id"] for row in rows)
    return Hints([row["id"] for row in rows], [one for one in named if one], "" in named)


def end_hints(conn: Connection, hints: Hints) -> None:
    """Forget hints whose records were looked at."""
    conn.execute(_QUERIES["end_hints"], {"ids": list(hints.numbers)})


def waiting_hints(conn: Connection) -> dict[ScopeRef, int]:
    """Scopes that were told of, and the number of the newest hint of each."""
    return {ScopeRef(row["system"], row["scope"]): row["newest"] for row in conn.execute(_QUERIES["waiting_hints"])}


def last_hints(conn: Connection) -> Mapping[System, datetime]:
    """When each system told something last."""
    return {row["system"]: row["at"] for row in conn.execute(_QUERIES["last_hint"])}
