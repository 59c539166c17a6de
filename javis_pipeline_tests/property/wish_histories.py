"""Random histories of wishes, and their laws: what people do, what goes wrong, and what has to be true in the end.

Where they are played says a world: in memory, or with PostgreSQL and a site behind a socket.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from javis_pipeline.records.create import CreationAnswer

OUR, OTHER = "us", "somebody"
FAULTS = ("ok", "ok", "ok", "lost", "done and lost", "late", "busy", "refused", "crash", "done and crash", "nonsense")
"""What becomes of a request that makes something, each as likely as it stands here."""
SPOILS = ("hidden", "deleted", "moved")
MINUTES = (0, 1, 4, 12, 30)
"""How long it is until the next run."""


class Crash(BaseException):
    """The process dies here."""


class Halt(AssertionError):
    """A law is broken."""


@dataclass
class Issue:
    """A record of the remote. Its mark shows from an instant on, or never."""

    remote_id: str
    number: int
    created_at: datetime
    creator_id: str
    mark: UUID | None = None
    shows_at: datetime | None = None
    hidden: bool = False
    deleted: bool = False
    moved: bool = False
    place: str | None = None

    @property
    def is_seen(self) -> bool:
        """Whether our account can open it where it was made."""
        return not (self.hidden or self.deleted)


@dataclass(frozen=True)
class Standing:
    """How a wish stands here."""

    state: str
    remote_id: str | None = None
    is_deleted: bool = False
    waits: bool = False


class WishHistory(ABC):
    """A random history of wishes; the rest is what a world has to know of them, and to do."""

    rounds = 8
    busiest = 9

    def __init__(self, rng: Random, *, restores: bool = False) -> None:
        self.rng = rng
        self.restores = restores
        self.crash_rate = 0.0
        self.wished: list[UUID] = []
        self.has_backup = False
        self.was_restored = False
        self.twins = 0

    # what a world does

    @abstractmethod
    def insert(self, record_id: UUID, parent: UUID | None) -> None:
        """A person's INSERT."""

    @abstractmethod
    def withdraw(self, record_id: UUID) -> None:
        """A person's DELETE."""

    @abstractmethod
    def edit(self, record_id: UUID) -> None:
        """A person's UPDATE."""

    @abstractmethod
    def known(self) -> Collection[UUID]:
        """The wishes that have rows."""

    @abstractmethod
    def back_up(self) -> None:
        """Keep the database as it is."""

    @abstractmethod
    def put_back(self) -> None:
        """Replace the database by what was kept of it."""

    @abstractmethod
    def others_make(self, copied: Issue | None = None) -> None:
        """Somebody makes a record; an app copies one with what is noted on it."""

    @abstractmethod
    def spoil(self, issue: Issue, how: str) -> None:
        """Hide, delete or move a record."""

    @abstractmethod
    def let_fail(self, fate: Callable[[], str]) -> None:
        """Let requests that make something meet with these fates."""

    @abstractmethod
    def sync(self) -> None:
        """One run."""

    @abstractmethod
    def sync_once(self) -> None:
        """One run, which may die or be put off."""

    @abstractmethod
    def pass_time(self, span: timedelta) -> None:
        """What was to be executed late is, by then."""

    # what a world knows

    @property
    @abstractmethod
    def issues(self) -> Sequence[Issue]:
        """All that was made there since the history began, in the order of its making."""

    @abstractmethod
    def standing(self, record_id: UUID) -> Standing: ...

    @abstractmethod
    def is_a_row(self, issue: Issue) -> bool:
        """Whether a row here is the record's."""

    @abstractmethod
    def told(self) -> Collection[str]:
        """The remote's ids of second records that people were told about."""

    @abstractmethod
    def reply(self, record_id: UUID, answer: CreationAnswer, issue: Issue | None = None) -> None:
        """A person answers a question."""

    # people

    def play(self) -> None:
        for _ in range(self.rng.randint(3, self.busiest)):
            self.event()
        self.settle_down()

    def event(self) -> None:
        rng = self.rng
        for _ in range(rng.randint(0, 2)):
            self.wish()
        if self.restores and rng.random() < 0.2:
            self.back_up()
            self.has_backup = True
        if self.restores and self.has_backup and rng.random() < 0.15:
            self.restore()
        self.meddle()
        self.crash_rate = rng.choice((0, 0, 0.03, 0.1))
        self.let_fail(lambda: rng.choice(FAULTS))
        self.sync_once()
        self.crash_rate = 0
        self.pass_time(timedelta(minutes=rng.choice(MINUTES)))

    def wish(self) -> None:
        record_id = UUID(int=self.rng.getrandbits(64))
        parent = self.rng.choice([None, None, *self.wished[-2:]])
        self.insert(record_id, parent if parent in self.known() else None)
        self.wished.append(record_id)

    def restore(self) -> None:
        self.put_back()
        self.was_restored = True
        known = self.known()
        self.wished = [one for one in self.wished if one in known]

    def meddle(self) -> None:
        """Other people, and what they do to what was made."""
        rng = self.rng
        for _ in range(rng.randint(0, 2)):
            self.others_make()
        if self.issues and rng.random() < 0.3:
            self.others_make(rng.choice(self.issues[-3:]))
        if self.issues and rng.random() < 0.1:
            self.spoil(rng.choice(self.issues), rng.choice(SPOILS))
        self.change_a_wish()

    def change_a_wish(self) -> None:
        if self.wished and self.rng.random() < 0.2:
            self.edit(self.rng.choice(self.wished))
        if self.wished and self.rng.random() < 0.1:
            self.withdraw(self.rng.choice(self.wished))

    def settle_down(self) -> None:
        self.let_fail(lambda: "ok")
        for _ in range(self.rounds):
            self.pass_time(timedelta(minutes=13))
            self.others_make()
            self.sync()
            self.answer()
        self.pass_time(timedelta(days=2))
        self.sync()
        self.check()

    def answer(self) -> None:
        """A person looks into the remote, and says what is true."""
        for key in self.wished:
            if self.standing(key).state != "asks":
                continue
            made = self.made_of(key)
            free = [one for one in made if one.is_seen and not self.is_a_row(one)]
            if free:
                self.reply(key, "is", free[0])
            else:
                self.reply(key, "gone" if made else "again")

    def made_of(self, record_id: UUID) -> list[Issue]:
        """What our account made of a wish."""
        return [one for one in self.issues if one.mark == record_id and one.creator_id == OUR]

    # the laws

    def check(self) -> None:
        for key in self.wished:
            standing = self.standing(key)
            self.check_twins(key, standing)
            self.check_kept(standing)
            self.check_ours(key, standing)

    def check_twins(self, key: UUID, standing: Standing) -> None:
        """Only of what is out of sight, and was made after the backup, a restored database can make a second one."""
        made = self.made_of(key)
        if len(made) <= 1:
            return
        if not self.was_restored:
            raise Halt(f"{len(made)} records were made of one wish")
        self.twins += len(made) - 1
        others = [one for one in made if one.is_seen and one.remote_id != standing.remote_id]
        told = self.told()
        if untold := [one for one in others if one.remote_id not in told and one.shows_at == one.created_at]:
            raise Halt(f"{len(untold)} twins of a restored database were told to nobody")
        if any(one.is_seen for one in made if one.remote_id == standing.remote_id) and others:
            raise Halt(f"{len(others)} twins were made of what was to be seen")

    def check_ours(self, key: UUID, standing: Standing) -> None:
        issue = self.bound(standing)
        if issue is not None and (issue.creator_id, issue.mark) != (OUR, key):
            raise Halt("a wish is bound to what others made")

    def bound(self, standing: Standing) -> Issue | None:
        """The record that a wish became."""
        return next((one for one in self.issues if one.remote_id == standing.remote_id), None)

    def check_kept(self, standing: Standing) -> None:
        if standing.is_deleted or standing.state in ("asks", "rejected", "gone") or standing.remote_id is not None:
            return
        if standing.waits or self.is_stopped():
            return
        raise Halt(f"a wish was lost in state {standing.state}")

    def is_stopped(self) -> bool:
        """Whether nothing is made for a while."""
        return False


class PageWishes(WishHistory):
    """The same of pages. What somebody removes for good or hides before it was found is not told from what was never
    made: people meddle so with what is known only."""

    def meddle(self) -> None:
        rng = self.rng
        for _ in range(rng.randint(0, 2)):
            self.others_make()
        if self.issues and rng.random() < 0.3:
            self.spoil(rng.choice(self.issues[-3:]), "moved")
        known = [one for one in self.issues if self.is_a_row(one)]
        if known and rng.random() < 0.1:
            self.spoil(rng.choice(known), rng.choice(("hidden", "deleted")))
        self.change_a_wish()


def play(history: WishHistory, seed: int) -> None:
    """Play a history; a broken law names its seed."""
    try:
        history.play()
    except Halt as broken:
        raise Halt(f"seed {seed}: {broken}") from broken
