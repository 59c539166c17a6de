"""Make what was inserted here, once: look past the index, note what is about to be sent, ask once, look again.

Every call of the ports is a place where a run can die. What it was about is found by the next one: by the mark, or by
the proof that nothing was made, or by a question to a person.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate
from typing import Final
from uuid import UUID

from javis_pipeline.errors import (
    IdentityError,
    OutcomeUnknown,
    RemoteBusy,
    RemoteRefused,
    SettingError,
    StaleRevision,
)
from javis_pipeline.records.create import (
    IN_DOUBT,
    OPEN,
    Creation,
    CreationPlan,
    Fence,
    Form,
    Met,
    Walk,
    Wish,
)
from javis_pipeline.records.sync import Overrides
from javis_pipeline.steps.ports import CreateBook, Progress, RemoteCreates, nobody_watches
from javis_pipeline.steps.push import nobody_else_writes
from javis_pipeline.steps.side_by_side import side_by_side
from javis_pipeline.sync import create as decide
from javis_pipeline.sync.create import Grounds
from javis_pipeline.sync.create_row import plan_of, plan_to_send
from javis_pipeline.sync.guards import guard_writes
from javis_pipeline.sync.run import Run

_LOG = logging.getLogger(__name__)

HORIZON: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRules:
    """How records are made in a scope.

    Attributes:
        allowed: Whether anything may be made.
        horizon: The longest time that a sent request may still be executed.
        whole: Ask again for all that was refused.
        repeatable: To ask for a record that is there already makes no second one.
    """

    allowed: bool = False
    horizon: timedelta = HORIZON
    whole: bool = False
    repeatable: bool = False


@dataclass(slots=True)
class Created:
    """What a round of making came to, as numbers of wishes.

    Attributes:
        ids: The remote's ids of those that are known now, to be read.
        waiting: They wait for a parent that is not made yet.
        held: They stay planned, because making is switched off, or must not be gone on with now.
        notes: What a person should know.
    """

    created: int = 0
    met: int = 0
    rejected: int = 0
    unknown: int = 0
    asks: int = 0
    waiting: int = 0
    postponed: int = 0
    held: int = 0
    ids: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def known(self) -> dict[str, int]:
        """The numbers of those that are known to be there, by name."""
        return {"creating_created": self.created, "creating_met": self.met}

    def count(self) -> dict[str, int]:
        """The numbers by name, for logs and metadata; only those that are not 0."""
        names = ("created", "met", "rejected", "unknown", "asks", "waiting", "postponed", "held")
        return {f"creating_{name}": getattr(self, name) for name in names if getattr(self, name)}


def settle_creations(book: CreateBook, remote: RemoteCreates, run: Run, rules: CreateRules) -> Created:
    """Find out what became of what was asked for; before a pull, so that the pull finds the rows.

    Raises:
        RemoteBusy: The site wants no more requests now; what was not found out is found out by the next run.
    """
    return _Round(book, remote, run, rules).settle(book.begin())


def create_records(
    book: CreateBook,
    remote: RemoteCreates,
    run: Run,
    rules: CreateRules,
    overrides: Overrides,
    *,
    threads: int = 1,
    check: Callable[[], None] = nobody_else_writes,
    progress: Progress = nobody_watches,
    done: Created | None = None,
) -> Created:
    """Settle what was asked for, and ask for what is wished for: parents first, each once.

    Args:
        book: Our side.
        remote: The other side.
        run: Clock, ids, catalog.
        rules: What may be made.
        overrides: What a person allowed for this run.
        threads: Wishes asked for side by side.
        check: Called before each request; raises when we may not write any more.
        progress: Told how many of the wishes that can be asked for now were.
        done: Counts what was done, also when this raises.

    Raises:
        SyncHalted: Suspiciously many are wished for; nothing was sent.
        RemoteBusy: The remote wants no more requests now; what was not sent stays planned.
    """
    round_ = _Round(book, remote, run, rules, done)
    wishes = book.begin()
    round_.settle(wishes)
    if not rules.allowed or round_.is_stopped:
        round_.done.held += sum(wish.creation.state == "planned" and not wish.deleted for wish in wishes)
        return round_.done
    if book.why_held() is not None:
        return round_.done
    round_.send_all(overrides, threads, check, progress)
    return round_.done


class _Round:
    """One look at the wishes of a scope, and what follows from it."""

    def __init__(
        self, book: CreateBook, remote: RemoteCreates, run: Run, rules: CreateRules, done: Created | None = None
    ) -> None:
        self._book = book
        self._remote = remote
        self._run = run
        self._rules = rules
        self._highest = 0
        self._looked: set[UUID] = set()
        self.is_stopped = False
        self.done = done or Created()

    # what became of them

    def settle(self, wishes: Sequence[Wish]) -> Created:
        """Look for every wish that is due, in one walk."""
        for wish in wishes:
            if wish.deleted or wish.creation.state == "sent":
                self._change(
                    wish,
                    lambda now: decide.deleted_here(now.creation) if now.deleted else decide.interrupted(now.creation),
                )
        due = [wish for wish in wishes if self._is_due(wish)]
        if due:
            self._look(due)
        return self.done

    def _is_due(self, wish: Wish) -> bool:
        now = self._run.now()
        state = wish.creation.state
        if state in IN_DOUBT or (wish.deleted and state in OPEN):
            return decide.is_due(wish.creation, now) or state == "sent"
        if wish.creation.restored_at is not None:
            return True
        return decide.may_be_sent(wish.creation, wish.local_seq, now, whole=self._rules.whole)

    def _look(self, wishes: Sequence[Wish]) -> None:
        above = min(_asked_from(wish.creation) for wish in wishes)
        known = self._book.highest()
        walk = self._remote.walk(above, known, wishes)
        self._looked |= {wish.creation.record_id for wish in wishes}
        self._highest = max(walk.highest, known)
        accounts = self._accounts(wishes)
        self._look_for_strangers(walk, accounts)
        bound = dict(self._book.bound([one.remote_id for one in walk.met]))
        grounds = Grounds(
            horizon=self._rules.horizon,
            accounts=accounts,
            bound=bound,
            shows_marks=self._book.shows_marks(),
            repeatable=self._rules.repeatable,
        )
        for wish in wishes:
            if (found := self._judge(wish, walk, grounds)) is not None:
                bound[found] = wish.creation.record_id  # and no other wish's

    def _accounts(self, wishes: Sequence[Wish]) -> frozenset[str]:
        asked = (wish.creation.fence.account_id for wish in wishes if wish.creation.fence)
        return frozenset({self._run.account_id, *filter(None, asked)})

    def _judge(self, wish: Wish, walk: Walk, grounds: Grounds) -> str | None:
        """Store what the walk makes of a wish; the remote's id of the record that it was found to be."""
        now = self._run.now()
        alike = decide.unaccounted(wish.creation, walk, grounds, wish.place)
        plan = self._change(
            wish,
            lambda known: decide.looked(decide.interrupted(known.creation), walk, grounds, now, known.place),
            alike=alike,
        )
        if plan is None:
            return None
        after = plan.creation
        if after.remote_id is not None:
            self.done.met += 1
            self.done.ids.append(after.remote_id)
            if twins := decide.doubled(after, walk, grounds.accounts):
                self._book.tell_twins(after, twins)
        self.done.asks += after.state == "asks"
        self.done.unknown += after.state == "unknown"
        return after.remote_id

    def _look_for_strangers(self, walk: Walk, accounts: frozenset[str]) -> None:
        """A mark of ours that no row knows: this database is older than the remote, or a copy of another."""
        marks = {one.mark: one for one in walk.met if one.mark is not None and one.creator_id in accounts}
        strange = [marks[mark] for mark in marks.keys() - self._book.known(marks.keys())]
        unread = [one for one in strange if one.remote_id not in self._book.stored([one.remote_id for one in strange])]
        if unread:
            self._book.stop(walk.at)
        if until := self._book.stopped_until(self._rules.horizon):
            self.is_stopped = walk.at < until
        self.is_stopped = self.is_stopped or bool(unread)
        if self.is_stopped:
            self.done.notes.append(
                "there are records that bear marks of this pipeline and are not known here: was this database restored "
                "from a backup, or is it a copy? Nothing is made until one whole sync and some minutes have passed"
            )

    # asking for them

    def send_all(self, overrides: Overrides, threads: int, check: Callable[[], None], progress: Progress) -> None:
        """Generation after generation: what was made in one is a parent in the next."""
        tried: set[UUID] = set()
        guarded = False
        while wishes := [wish for wish in self._sendable() if wish.creation.record_id not in tried]:
            if not guarded:
                guard_writes(
                    self._book.name, writes=self._count(), records=self._book.count_records(), overrides=overrides
                )
                guarded = True
            before = len(tried)
            tried |= {wish.creation.record_id for wish in wishes}
            sent = side_by_side(lambda some: self._send_in_turn(some, check), _in_turn(wishes), threads=threads)
            for number in accumulate(sent, initial=before):
                progress(number, len(tried))
        left = [wish for wish in self._book.begin() if wish.parent and wish.creation.state in ("planned", "rejected")]
        self.done.waiting += len(left)

    def _count(self) -> int:
        now = self._run.now()
        return sum(
            not wish.deleted and decide.may_be_sent(wish.creation, wish.local_seq, now) for wish in self._book.begin()
        )

    def _sendable(self) -> Iterator[Wish]:
        now = self._run.now()
        for wish in self._book.begin():
            # What was wished for since is looked for first, by the next run.
            ready = not wish.deleted and wish.parent is None and wish.creation.record_id in self._looked
            if ready and decide.may_be_sent(wish.creation, wish.local_seq, now, whole=self._rules.whole):
                yield wish

    def _send_in_turn(self, wishes: Sequence[Wish], check: Callable[[], None]) -> int:
        """How many these are."""
        for wish in wishes:
            self._send(wish, check)
        return len(wishes)

    def _send(self, wish: Wish, check: Callable[[], None]) -> None:
        """Note that it is sent, ask once, and note what was said."""
        check()
        form = self._remote.form(wish, self._run.catalog)
        if isinstance(form, str):
            why, at = form, self._run.now()
            self._change(wish, lambda now: decide.unfit(now.creation, why, now.local_seq, at))
            self.done.rejected += 1
            return
        fence = Fence(number=self._highest, at=self._remote.now(), account_id=self._run.account_id)
        attempt = wish.creation.attempt

        def to_send(now: Wish) -> CreationPlan | None:
            moved = now.creation.attempt != attempt or now.local_seq != wish.local_seq or now.deleted
            if moved or now.creation.state not in ("planned", "rejected"):
                return None
            return plan_to_send(now, decide.send(now.creation, fence, now.local_seq), form)

        if self._book.change(wish.creation.record_id, to_send) is None:
            self.done.postponed += 1
            return
        self._ask(wish, attempt + 1, form)

    def _ask(self, wish: Wish, attempt: int, form: Form) -> None:
        try:
            made = self._remote.create(wish.creation.record_id, form)
        except (RemoteBusy, IdentityError) as error:
            self._stopped(wish, attempt, error)
            raise
        except RemoteRefused as error:
            self._refused(wish, attempt, str(error), is_answer=error.status < 400)
        except StaleRevision as error:
            self._refused(wish, attempt, str(error))
        except (OutcomeUnknown, SettingError) as error:  # a page of a proxy may have come instead of the reply
            self._lost(wish, attempt, str(error))
        else:
            self._change(wish, lambda now: decide.bind(now.creation, made, by="reply"))
            self.done.created += 1
            self.done.ids.append(made.remote_id)

    def _stopped(self, wish: Wish, attempt: int, error: RemoteBusy | IdentityError) -> None:
        why = str(error)
        if isinstance(error, IdentityError) and error.may_be_done:
            self._lost(wish, attempt, why)
            return
        self._change(wish, lambda now: decide.unsent(now.creation, attempt, why))
        self.done.postponed += 1

    def _refused(self, wish: Wish, attempt: int, why: str, *, is_answer: bool = False) -> None:
        now_ = self._run.now()
        if is_answer:  # it answered something else than it documents: that is no refusal
            self._lost(wish, attempt, why)
            return
        self._change(wish, lambda now: decide.refused(now.creation, attempt, why, now_))
        self.done.rejected += 1

    def _lost(self, wish: Wish, attempt: int, why: str) -> None:
        self._change(wish, lambda now: decide.lost(now.creation, attempt, why))
        self.done.unknown += 1

    def _change(
        self, wish: Wish, becomes: Callable[[Wish], Creation], *, alike: Sequence[Met] = ()
    ) -> CreationPlan | None:
        """Decide on the locked, fresh wish; None when nothing changes."""

        def planned(now: Wish) -> CreationPlan | None:
            after = becomes(now)
            return None if after == now.creation else plan_of(now, after, self._run.now(), alike=alike)

        return self._book.change(wish.creation.record_id, planned)


def _in_turn(wishes: Iterable[Wish]) -> list[list[Wish]]:
    """What hangs on one record goes out one after the other: people read it in the order in which it was made."""
    by_place: dict[str, list[Wish]] = {}
    for wish in wishes:
        by_place.setdefault(wish.place or str(wish.creation.record_id), []).append(wish)
    return list(by_place.values())


def _asked_from(creation: Creation) -> int:
    """Above which number a walk has to look for a wish."""
    return creation.floor
