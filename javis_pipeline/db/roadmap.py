"""The team's own goals. Functions never commit."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries

_QUERIES = named_queries("roadmap")


def list_visions(conn: Connection, *, with_settled: bool = False) -> list[dict[str, Any]]:
    """The active visions, the nearest horizon first; with those that were achieved or dropped if wanted."""
    return conn.execute(_QUERIES["list_visions"], {"all": with_settled}).fetchall()


def add_vision(
    conn: Connection,
    *,
    title: str,
    description: str,
    horizon: date | None,
    owner_id: str | None,
    epic_keys: Sequence[str],
) -> int:
    """Make a vision; its id."""
    row = conn.execute(
        _QUERIES["add_vision"],
        {
            "title": title,
            "description": description,
            "horizon": horizon,
            "owner_id": owner_id,
            "epic_keys": list(dict.fromkeys(epic_keys)),
        },
    ).fetchone()
    assert row is not None
    return int(row["id"])


def link_epics(conn: Connection, vision_id: int, epic_keys: Sequence[str]) -> list[str] | None:
    """Let epics serve a vision; all its epics. None when there is no such vision."""
    return _epic_keys(conn, "link_epics", vision_id, epic_keys)


def unlink_epics(conn: Connection, vision_id: int, epic_keys: Sequence[str]) -> list[str] | None:
    """Take epics from a vision; those that are left. None when there is no such vision."""
    return _epic_keys(conn, "unlink_epics", vision_id, epic_keys)


def set_vision_state(conn: Connection, vision_id: int, state: str) -> bool:
    """Whether there was a vision to call active, achieved or dropped."""
    return conn.execute(_QUERIES["set_vision_state"], {"id": vision_id, "state": state}).fetchone() is not None


def issue_types(conn: Connection, keys: Sequence[str]) -> dict[str, tuple[str | None, bool]]:
    """Type of each of the issues that are known here, and whether it is an epic, by key."""
    rows = conn.execute(_QUERIES["issue_types"], {"keys": list(keys)})
    return {row["key"]: (row["issue_type"], row["is_epic"]) for row in rows}


def _epic_keys(conn: Connection, query: str, vision_id: int, epic_keys: Sequence[str]) -> list[str] | None:
    row = conn.execute(_QUERIES[query], {"id": vision_id, "epic_keys": list(epic_keys)}).fetchone()
    return None if row is None else list(row["epic_keys"])
