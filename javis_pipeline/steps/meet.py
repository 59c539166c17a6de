"""What was found out of a wish elsewhere: a pull meets what was made of it, or a person says what became of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from javis_pipeline.db.connection import Connection
from javis_pipeline.errors import ChangedSinceSeen, UsageError
from javis_pipeline.records.create import Creation, CreationAnswer, CreationPlan, Made, Met, Wish
from javis_pipeline.sync import create as decide
from javis_pipeline.sync.create_row import plan_of


class AnswerBook(Protocol):
    """Wishes, for an answer."""

    def bound(self, remote_ids: Collection[str]) -> Mapping[str, UUID]: ...
    def change(self, record_id: UUID, decide: Callable[[Wish], CreationPlan | None]) -> CreationPlan | None: ...


def answer_creation(
    book: AnswerBook, record_id: UUID, answer: CreationAnswer, made: Made | None, *, by: str, now: datetime
) -> str:
    """Do what a person says about a wish of which nobody could find out whether it was made; its key then.

    Args:
        book: Our side.
        record_id: The wish.
        answer: What was said.
        made: For "is", the record that it is.
        by: Who said so.
        now: When.

    Raises:
        ChangedSinceSeen: It has been found out meanwhile.
        UsageError: That record belongs to another row.
    """
    if made is not None and book.bound([made.remote_id]).get(made.remote_id, record_id) != record_id:
        raise UsageError(f"{made.key} was made from another row")

    def answered(wish: Wish) -> CreationPlan:
        if wish.creation.state != "asks":
            raise ChangedSinceSeen(f"{wish.creation.key} does not ask any more; javis conflicts lists what does")
        after = decide.answered(wish.creation, answer, made)
        return plan_of(wish, replace(after, evidence={**after.evidence, "answered_by": by}), now)

    plan = book.change(record_id, answered)
    assert plan is not None
    return plan.creation.remote_key or plan.creation.key


class MetBook(Protocol):
    """Wishes, as a pull meets them in a transaction of its own."""

    def change_in(
        self, conn: Connection, record_id: UUID, decide: Callable[[Wish], CreationPlan | None]
    ) -> CreationPlan | None: ...
    def in_doubt_since(self, conn: Connection) -> datetime | None: ...
    def note_marks(self, conn: Connection, met: Sequence[Met]) -> None: ...
    def tell_twins_in(self, conn: Connection, creation: Creation, twins: Sequence[Met]) -> None: ...


def meet_made(conn: Connection, book: MetBook, made: Sequence[Met], now: datetime) -> frozenset[str]:
    """What a pull does with records that our account made: a mark finds its row, in any state of the wish.

    Returns the ids of those that may be what a wish is in doubt about, and bear no mark: nothing is made of them here
    until it is known whose they are.
    """
    since = book.in_doubt_since(conn)
    for one in made:
        if one.mark is not None:
            book.change_in(conn, one.mark, partial(_met_in_a_pull, conn, book, one, now))
    book.note_marks(conn, made)
    if since is None:
        return frozenset()
    return frozenset(
        one.remote_id for one in made if one.mark is None and one.created_at >= since - decide.CLOCKS_DIFFER
    )


def _met_in_a_pull(conn: Connection, book: MetBook, one: Met, now: datetime, wish: Wish) -> CreationPlan | None:
    after = decide.bind(wish.creation, Made(remote_id=one.remote_id, key=one.key), by="mark")
    if after != wish.creation:
        return plan_of(wish, after, now)
    if wish.creation.remote_id != one.remote_id:
        book.tell_twins_in(conn, wish.creation, [one])
    return None
