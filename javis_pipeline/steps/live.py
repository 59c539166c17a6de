"""`javis live`: a process that hears of edits here and changes there, and syncs just those records at once.

It is told by the database, and asks it where that cannot tell. What it does not hear, a run finds: the schedules stay
the truth, and to kill it at any point loses nothing.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Condition, Event, Thread
from typing import Final

from javis_pipeline.db.connection import Database
from javis_pipeline.db.hints import waiting_hints
from javis_pipeline.db.live import Ear, Worker, forget_worker, note_worker
from javis_pipeline.db.local_edits import read_journal
from javis_pipeline.errors import DatabaseError, JavisError, RemoteBusy, ScopeBusy, ScopeWanted
from javis_pipeline.records.values import ScopeRef
from javis_pipeline.steps.live_scope import LiveScope, Turn
from javis_pipeline.sync.agenda import Agenda

log = logging.getLogger(__name__)

# Scopes worked on at once; each has some threads of its own.
AT_ONCE: Final = 8
ASK_SECONDS: Final = 2.0
# What was not told although it should have been.
ASK_ANYWAY_SECONDS: Final = 30.0
_NOTE_SECONDS: Final = 10.0
_NEWS_SECONDS: Final = 2.0
_LOOK_AGAIN_SECONDS: Final = 30.0
# While a run holds the scope: it may have passed the record that we were told of.
_BUSY_SECONDS: Final = 5.0
_WANTED_SECONDS: Final = 1.0
_LONGEST_AWAY: Final = 30.0
_MOST_WORDS: Final = 500


class Live:
    """Keeps scopes in step until it is stopped.

    Args:
        db: The product's database.
        scopes: What is kept in step.
        clock: Dates what is told of it.
        stop: Set to end it; what is under way ends after its request.
        changed: Told of each scope in which something is otherwise now.
        webhooks: Where this process takes webhooks; for those who ask how it is.
    """

    def __init__(
        self,
        db: Database,
        scopes: Iterable[LiveScope],
        *,
        clock: Callable[[], datetime],
        stop: Event,
        changed: Callable[[ScopeRef, Turn], None] = lambda scope, turn: None,  # noqa: ARG005
        webhooks: str | None = None,
    ) -> None:
        self._db = db
        self._scopes: Mapping[ScopeRef, LiveScope] = {one.scope: one for one in scopes}
        self._clock = clock
        self._stop = stop
        self._changed = changed
        self._worker = Worker(webhooks)
        self._agenda: Agenda[ScopeRef] = Agenda()
        self._told = Condition()
        self._trouble: dict[str, str] = {}
        self._read_to: int | None = None
        self._seen: dict[ScopeRef, int] = {}
        self._wishes: frozenset[str] = frozenset()

    def run(self) -> None:
        """Return when it is stopped."""
        listening = Thread(target=self._listen, name="live-ear", daemon=True)
        listening.start()
        try:
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="live") as threads:
                while not self._stop.is_set():
                    if (scope := self._next()) is not None:
                        threads.submit(self._turn, scope)
        finally:
            self._stop.set()
            listening.join(_NOTE_SECONDS)
            for one in self._scopes.values():
                one.close()

    def tell(self, scopes: Iterable[ScopeRef]) -> None:
        """Something happened in these; those that are not kept in step are left out."""
        known = [scope for scope in scopes if scope in self._scopes]
        if not known:
            return
        self._worker.heard_at = self._clock()
        with self._told:
            for scope in known:
                self._agenda.tell(scope, time.monotonic())
            self._told.notify()

    def _next(self) -> ScopeRef | None:
        """What is to be done now; None after a moment in which nothing was."""
        with self._told:
            now = time.monotonic()
            if (scope := self._agenda.take(now)) is None:
                # A signal is heard in between.
                self._told.wait(min(max(self._agenda.next_at() - now, 0.0), 0.5))
            return scope

    def _turn(self, scope: ScopeRef) -> None:
        name = f"{scope.system} {scope.scope}"
        shortest, longest = 0.0, None
        try:
            turn = self._scopes[scope].turn()
        except ScopeWanted:
            longest = _WANTED_SECONDS
        except ScopeBusy as error:
            longest = _BUSY_SECONDS
            log.info("live_waits %s", error)
        except RemoteBusy as error:
            shortest = error.retry_after.total_seconds() if error.retry_after else 0.0
            self._fails(name, str(error))
        except JavisError as error:
            self._fails(name, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other scopes go on and this one is tried again
            # Its text stays out of the log: it may quote a record.
            self._fails(name, type(error).__name__)
        else:
            self._trouble.pop(name, None)
            self._end(scope, turn)
            return
        with self._told:
            now = time.monotonic()
            if longest is None:
                self._agenda.failed(scope, now, shortest=shortest)
            else:
                self._agenda.failed(scope, now, longest=longest)
            self._told.notify()

    def _end(self, scope: ScopeRef, turn: Turn) -> None:
        again = 0.0 if turn.more else _LOOK_AGAIN_SECONDS if turn.open else float("inf")
        with self._told:
            self._agenda.done(scope, time.monotonic(), again_in=again)
            self._told.notify()
        if turn.changed:
            self._changed(scope, turn)

    def _fails(self, what: str, why: str) -> None:
        if self._trouble.get(what) != why and not self._stop.is_set():
            self._trouble[what] = why
            log.warning("%s is not kept in step now: %s", what, why)

    # listening

    def _listen(self) -> None:
        wait = 0.5
        while not self._stop.is_set():
            try:
                with Ear(self._db) as ear:
                    self._hear(ear)
                    wait = 0.5
            except Exception as error:  # noqa: BLE001 - whatever it is, a process that does not listen is of no use
                # The text of others' errors stays out of the log: it may quote a record.
                self._fails("the database", str(error) if isinstance(error, JavisError) else type(error).__name__)
                self._stop.wait(wait)
                wait = min(wait * 2, _LONGEST_AWAY)
        try:
            forget_worker(self._db, self._worker)
        except DatabaseError as error:
            log.info("live_not_signed_off %s", error)

    def _hear(self, ear: Ear) -> None:
        """Until it is stopped, or the database is away."""
        self._worker.is_notified = ear.is_told()
        if not self._worker.is_notified:
            log.warning(
                "the database's notifications do not arrive, as behind PgBouncer in transaction mode: it is asked "
                "every %.0f s instead; session pooling is faster, and needed for the locks",
                ASK_SECONDS,
            )
        self._read_to = None  # whatever happened while nobody listened
        asked_at = noted_at = float("-inf")
        noted: object = None
        every = ASK_ANYWAY_SECONDS if self._worker.is_notified else ASK_SECONDS
        while not self._stop.is_set():
            if time.monotonic() - asked_at >= every:
                self._ask()
                asked_at = time.monotonic()
                self._trouble.pop("the database", None)
            has_news = (self._worker.heard_at, dict(self._trouble)) != noted
            if time.monotonic() - noted_at >= (_NEWS_SECONDS if has_news else _NOTE_SECONDS):
                noted = self._worker.heard_at, dict(self._trouble)
                self._note()
                noted_at = time.monotonic()
            self.tell(ear.hear(1.0))

    def _ask(self) -> None:
        """What happened since it was asked last; at first all that waits."""
        journal = read_journal(self._db, self._read_to)
        with self._db.transaction() as conn:
            hints = waiting_hints(conn)
        fresh = journal.wishes.keys() - self._wishes
        told = [scope for scope, newest in hints.items() if newest > self._seen.get(scope, 0) or self._read_to is None]
        self.tell({*journal.edited, *(journal.wishes[wish] for wish in fresh), *told})
        self._read_to, self._wishes, self._seen = journal.read_to, frozenset(journal.wishes), hints

    def _note(self) -> None:
        words = "; ".join(f"{what}: {why}" for what, why in sorted(self._trouble.items()))
        self._worker.trouble = words[:_MOST_WORDS] or None
        note_worker(self._db, self._worker)
