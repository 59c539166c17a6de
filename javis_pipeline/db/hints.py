"""Hints of webhooks: which records may have changed there. Functions never commit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.hints import Told
from javis_pipeline.records.values import ScopeRef, System

_QUERIES = named_queries("hints")


def keep_hints(conn: Connection, system: System, told: Sequence[Told]) -> int:
    """Have records of known places looked at by the next pull; how many are, that were not so already.

    A repeat of a delivery is none.
    """
    params = {
        "system": system,
        "scopes": [one.scope for one in told],
        "ids": [one.remote_id for one in told],
        "deliveries": [one.delivery for one in told],
    }
    return sum(row["stored"] for row in conn.execute(_QUERIES["keep_hints"], params)) if told else 0


def scopes_of_records(conn: Connection, system: System, ids: Sequence[str]) -> Mapping[str, str]:
    """The projects or spaces that records are stored in, by the ids of those that are."""
    rows = conn.execute(_QUERIES["scopes_of_records"], {"system": system, "ids": list(ids)})
    return {row["remote_id"]: row["scope"] for row in rows}


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
