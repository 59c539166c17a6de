"""Being told by the database: of edits and of what webhooks told; and which processes listen."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Final, NamedTuple, Self
from uuid import UUID, uuid4

import psycopg

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.errors import DatabaseError
from javis_pipeline.records.values import ScopeRef

_QUERIES = named_queries("live")
_CHANNELS: Final = ("javis_local_change", "javis_remote_change")
_PROBE: Final = "javis_live_probe"
_PROBE_SECONDS: Final = 2.0


class Ear:
    """A session that is told, as soon as somebody else commits it, in which scopes something happened.

    What was told while there was none, nobody tells again: ask for it.
    """

    def __init__(self, database: Database) -> None:
        """Listen; DatabaseError when there is no connection."""
        self._database = database
        self._conn: Connection = database.connect("javis live")
        try:
            # A server that ends idle sessions would end it on a quiet day.
            self._conn.execute("SELECT set_config('idle_session_timeout', '0', false)")
            for channel in (*_CHANNELS, _PROBE):
                self._conn.execute(f"LISTEN {channel}")
        except psycopg.Error as error:
            self._conn.close()
            raise _away(error) from error

    def is_told(self) -> bool:
        """Whether what another session notifies arrives here: between us may be a pooler that gives each transaction
        another session."""
        word = str(uuid4())
        with self._database.transaction() as conn:
            conn.execute("SELECT pg_notify(%s, %s)", [_PROBE, word])
        try:
            notes = self._conn.notifies(timeout=_PROBE_SECONDS)
            with closing(notes):
                return any(note.payload == word for note in notes)
        except psycopg.OperationalError as error:
            raise _away(error) from error

    def hear(self, seconds: float) -> list[ScopeRef]:
        """Where something happened, as soon as that is told; [] when nothing is within some seconds."""
        try:
            self._conn.execute("SELECT")  # a connection that is gone looks like silence
            notes = [*self._conn.notifies(timeout=seconds, stop_after=1)]
        except psycopg.OperationalError as error:
            raise _away(error) from error
        return [scope for note in notes if note.channel in _CHANNELS and (scope := _scope(note.payload)) is not None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._conn.close()


def _away(error: psycopg.Error) -> DatabaseError:
    return DatabaseError(
        f"the database does not answer ({(str(error).strip() or type(error).__name__).splitlines()[0]})"
    )


def _scope(payload: str) -> ScopeRef | None:
    """Any login may notify; what makes no sense is about nothing."""
    try:
        document = json.loads(payload)
        return ScopeRef(document["system"], document["scope"])
    except (ValueError, TypeError, KeyError):
        return None


@dataclass(slots=True)
class Worker:
    """A process that keeps scopes in step, as it tells of itself.

    Attributes:
        webhooks: Where it takes webhooks.
        is_notified: Whether the database tells it of edits; else it asks.
        heard_at: When it last heard of something.
        trouble: What it cannot sync now, and why.
    """

    webhooks: str | None = None
    is_notified: bool = True
    heard_at: datetime | None = None
    trouble: str | None = None
    worker_id: UUID = field(default_factory=uuid4)


def note_worker(db: Database, worker: Worker) -> None:
    """Say that it runs, and how it is."""
    with db.transaction() as conn:
        conn.execute(
            _QUERIES["note_worker"],
            {
                "worker_id": worker.worker_id,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "is_notified": worker.is_notified,
                "webhooks": worker.webhooks,
                "heard_at": worker.heard_at,
                "trouble": worker.trouble,
            },
        )
        conn.execute(_QUERIES["forget_lost_workers"])


def forget_worker(db: Database, worker: Worker) -> None:
    """It has ended."""
    with db.transaction() as conn:
        conn.execute(_QUERIES["forget_worker"], {"worker_id": worker.worker_id})


@contextmanager
def one_at_a_time(db: Database, place: str) -> Iterator[None]:
    """While the block lasts no other process is in such a block for this place."""
    with db.transaction() as conn:
        conn.execute(_QUERIES["wait_for_turn"], {"place": place})
        yield


class Known(NamedTuple):
    """A worker as others see it; one that ended without a word is known for a day.

    Attributes:
        seen_at: When it said last that it runs.
        is_running: It said so within the last minute.
    """

    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    heard_at: datetime | None
    is_notified: bool
    webhooks: str | None
    trouble: str | None
    is_running: bool


def known_workers(db: Database) -> list[Known]:
    """The workers, the longest running first."""
    rows: list[dict[str, Any]] = db.query(_QUERIES["workers"])
    return [Known(**row) for row in rows]
