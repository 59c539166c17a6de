"""How far each scope is stored, and as whom it was read."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from psycopg.types.json import Jsonb

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import System

_QUERIES = named_queries("watermarks")


class Watermark(NamedTuple):
    """State of one scope.

    Attributes:
        account_id: Who read it last; None before the first run.
        watermark: Every change up to then is stored; None until a first load was completed.
        last_full_at: When everything was last read, changed or not.
        last_census_at, last_census_count: When it was last counted, and the number.
        reconciled_at, reconciled_to: When records were last compared although nothing said that they had changed, and
            the id of the last of them.
        labels_to: The label whose pages were compared last.
        remote_id: Id of the project or space, which stays when its key changes; None before the first run.
        field_ids: What was read last from which of the site's own fields; None before the first run.
    """

    account_id: str | None = None
    watermark: datetime | None = None
    last_full_at: datetime | None = None
    last_census_at: datetime | None = None
    last_census_count: int | None = None
    reconciled_at: datetime | None = None
    reconciled_to: str | None = None
    labels_to: str | None = None
    remote_id: str | None = None
    field_ids: Mapping[str, str] | None = None


def read_watermark(conn: Connection, system: System, scope: str) -> Watermark:
    """The state of a scope; all None for one that was never synced."""
    row = conn.execute(_QUERIES["read_watermark"], {"system": system, "scope": scope}).fetchone()
    return Watermark(**row) if row else Watermark()


def note_opened(
    conn: Connection,
    system: System,
    scope: str,
    *,
    account_id: str,
    remote_id: str | None = None,
    field_ids: Mapping[str, str] | None = None,
) -> None:
    """Note as whom the scope is read from now on, which project or space it is, and by which fields of the site.

    What is read from a field now that was not, or was read from another, is to be read again of all records.
    """
    params = {
        "system": system,
        "scope": scope,
        "account_id": account_id,
        "remote_id": remote_id,
        "field_ids": Jsonb(dict(field_ids or {})),
    }
    conn.execute(_QUERIES["note_opened"], params)


def advance_watermark(
    conn: Connection, system: System, scope: str, watermark: datetime | None, *, full_at: datetime | None = None
) -> None:
    """Move the watermark forwards; None leaves it. `full_at`: everything was read, and this is when."""
    params = {"system": system, "scope": scope, "watermark": watermark, "full_at": full_at}
    conn.execute(_QUERIES["advance_watermark"], params)


def note_round(conn: Connection, system: System, scope: str, *, at: datetime, up_to: str | None) -> None:
    """Note that records were compared up to an id; None when a round is over."""
    conn.execute(_QUERIES["note_round"], {"system": system, "scope": scope, "at": at, "up_to": up_to})


def note_labels(conn: Connection, scope: str, *, up_to: str) -> None:
    """Note which label of a space was compared last."""
    conn.execute(_QUERIES["note_labels"], {"scope": scope, "up_to": up_to})


def note_records(conn: Connection, system: System, scope: str) -> None:
    """Count the scope's records that are there on both sides, for those who ask for the numbers of all scopes."""
    conn.execute(_QUERIES["note_records"], {"system": system, "scope": scope})
