"""Wishes and a remote in memory, with everything that can go wrong between wishing for a record and having it.

The remote numbers its records with gaps, loses replies, executes requests minutes late, shows marks late or never, and
people hide, move and delete what was made. Processes die at every call; databases are restored from backups.
"""

import contextlib
import copy
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from javis_pipeline.errors import OutcomeUnknown, RemoteBusy, RemoteRefused
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.create import IN_DOUBT, OPEN, Creation, CreationPlan, Fence, Form, Made, Met, Walk, Wish
from javis_pipeline.records.sync import Overrides
from javis_pipeline.steps.create import Created, CreateRules, create_records, settle_creations
from javis_pipeline.sync import create as decide
from javis_pipeline.sync.create_row import plan_of
from javis_pipeline.sync.run import Run
from javis_pipeline.systems.jira.kind import JIRA_ISSUE

OUR, OTHER = "us", "somebody"
RULES = CreateRules(allowed=True)
LINK_RULES = CreateRules(allowed=True, repeatable=True)
FAULTS = ("ok", "ok", "ok", "lost", "done and lost", "late", "busy", "refused", "crash", "done and crash", "nonsense")


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


@dataclass
class Books:
    """What a backup holds."""

    wishes: dict[UUID, Wish] = field(default_factory=dict)
    noted: set[UUID] = field(default_factory=set)
    rows: dict[str, UUID | None] = field(default_factory=dict)
    highest: int = 0
    stopped_at: datetime | None = None
    pulled_at: datetime | None = None
    told: set[str] = field(default_factory=set)
    wished_at: dict[UUID, datetime] = field(default_factory=dict)
    shown: bool = False


class MemoryBook:
    """`CreateBook` of one scope."""

    name = "jira OPS"

    def __init__(self, point: Callable[[str], None], now: Callable[[], datetime]) -> None:
        self.books = Books()
        self.point = point
        self.now = now
        self.was_restored = False

    def insert(self, record_id: UUID, parent: UUID | None, place: str | None = None) -> None:
        """A person's INSERT."""
        creation = Creation(record_id=record_id, scope="OPS", key=f"OPS-new-{record_id.int}", floor=0)
        named = None if parent is None else str(parent)
        values = {"title": f"wish {record_id.int}"}
        wish = Wish(creation=creation, type_name="Task", values=values, local_seq=0, parent=named, place=place)
        self.books.wishes[record_id] = wish
        self.books.wished_at[record_id] = self.now()

    def restore(self, backup: Books, at: datetime) -> None:
        """What `javis db restore` does: what was under way is in doubt, and nothing is made for a while."""
        self.books = copy.deepcopy(backup)
        self.books.stopped_at = at
        self.was_restored = True
        for key, wish in self.books.wishes.items():
            if wish.creation.state in OPEN:
                self.books.wishes[key] = self._doubted(wish, at)

    def _doubted(self, wish: Wish, at: datetime) -> Wish:
        books, creation = self.books, decide.interrupted(wish.creation)
        key = creation.record_id
        floor = creation.floor if key in books.noted else books.highest
        fence = creation.fence or Fence(number=floor, at=books.wished_at[key], account_id=None)
        books.noted.add(key)
        return replace(wish, creation=replace(creation, floor=floor, fence=fence, restored_at=at))

    def begin(self) -> Sequence[Wish]:
        self.point("begin")
        books = self.books
        for key in books.wishes.keys() - books.noted:
            wish = books.wishes[key]
            books.wishes[key] = replace(wish, creation=replace(wish.creation, floor=books.highest))
            books.noted.add(key)
        return [self._seen(wish) for wish in books.wishes.values() if wish.creation.state in OPEN]

    def _seen(self, wish: Wish) -> Wish:
        """The wish, that waits for a parent only as long as that is not made."""
        if wish.parent is None:
            return wish
        parent = self.books.wishes.get(UUID(wish.parent))
        return wish if parent and parent.creation.remote_id is None else replace(wish, parent=None)

    def change(self, record_id: UUID, decided: Callable[[Wish], CreationPlan | None]) -> CreationPlan | None:
        self.point("change")
        plan = decided(self._seen(self.books.wishes[record_id]))
        if plan is not None:
            self.point("before commit")
            self._apply(record_id, plan)
            self.point("after commit")
        return plan

    def _apply(self, record_id: UUID, plan: CreationPlan) -> None:
        wish = self.books.wishes[record_id]
        deleted = wish.deleted or "local_deleted_at" in plan.columns
        self.books.wishes[record_id] = replace(wish, creation=plan.creation, deleted=deleted)
        if plan.is_bound:
            assert plan.creation.remote_id
            before = self.books.rows.get(plan.creation.remote_id)
            if before not in (None, record_id):
                raise Halt("one record of the remote belongs to two wishes")
            self.books.rows[plan.creation.remote_id] = record_id
            self.books.highest = max(self.books.highest, _number(plan.creation.remote_key))

    def bound(self, remote_ids: Collection[str]) -> Mapping[str, UUID]:
        return {one: mark for one in remote_ids if (mark := self.books.rows.get(one)) is not None}

    def known(self, marks: Collection[UUID]) -> Collection[UUID]:
        return {mark for mark in marks if mark in self.books.wishes}

    def stored(self, remote_ids: Collection[str]) -> Collection[str]:
        return {one for one in remote_ids if one in self.books.rows}

    def shows_marks(self) -> bool:
        return self.books.shown

    def highest(self) -> int:
        return self.books.highest

    def count_records(self) -> int:
        return 1_000

    def why_held(self) -> str | None:
        return None

    def stop(self, at: datetime) -> None:
        self.books.stopped_at = at

    def stopped_until(self, horizon: timedelta) -> datetime | None:
        at, pulled = self.books.stopped_at, self.books.pulled_at
        if at is None:
            return None
        return at + horizon if pulled is not None and pulled > at else datetime.max.replace(tzinfo=UTC)

    def tell_twins(self, creation: Creation, twins: Sequence[Met]) -> None:
        self.books.told |= {one.remote_id for one in twins}


class MemoryCreates:
    """`RemoteCreates` of one scope."""

    def __init__(self, rng: Random, point: Callable[[str], None]) -> None:
        self.rng = rng
        self.point = point
        self.clock = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
        self.issues: list[Issue] = []
        self.late: list[tuple[datetime, UUID]] = []
        self.last_number = 0
        self.fault: Callable[[], str] = lambda: "ok"
        self.never_shows = False
        self.gap_rate = 0.05
        self.latest = 10.0
        self.posts: Counter[UUID] = Counter()
        self.place_of: dict[UUID, str | None] = {}

    def pass_time(self, span: timedelta) -> None:
        """What was to be executed late is, by then."""
        until = self.clock + span
        for at, mark in sorted(self.late, key=lambda one: one[0]):
            if at <= until:
                self.clock = max(self.clock, at)
                self.execute(mark, OUR)
        self.late = [one for one in self.late if one[0] > until]
        self.clock = until

    def execute(self, mark: UUID | None, creator: str) -> Issue:
        self.last_number += 1 + (self.rng.random() < self.gap_rate)
        shows = self.clock + timedelta(minutes=self.rng.choice((0, 0, 0, 2)))
        issue = Issue(str(10_000 + len(self.issues)), self.last_number, self.clock, creator, mark)
        issue.shows_at = None if self.never_shows else shows
        issue.place = self.place_of.get(mark) if mark else None
        self.issues.append(issue)
        return issue

    def now(self) -> datetime:
        return self.clock

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        del known, wishes
        self.point("walk")
        met = [self._met(one) for one in self.issues if one.number > above and not (one.hidden or one.deleted)]
        return Walk(at=self.clock, above=above, met=tuple(met))

    def _met(self, issue: Issue) -> Met:
        shown = issue.shows_at is not None and issue.shows_at <= self.clock
        key = f"WEB-{issue.number}" if issue.moved else f"OPS-{issue.number}"
        return Met(
            remote_id=issue.remote_id,
            key=key,
            number=None if issue.moved else issue.number,
            created_at=issue.created_at,
            creator_id=issue.creator_id,
            mark=issue.mark if shown else None,
            place=issue.place,
        )

    def form(self, wish: Wish, catalog: Catalog) -> Form | str:
        del catalog
        self.place_of[wish.creation.record_id] = wish.place
        return Form(local=wish.values, raw=wish.values)

    def create(self, record_id: UUID, form: Form) -> Made:
        del form
        self.point("before the request")
        self.posts[record_id] += 1
        match self.fault():
            case "lost" | "nonsense":
                raise OutcomeUnknown("no answer")
            case "late":
                self.late.append((self.clock + timedelta(minutes=self.rng.uniform(0, self.latest)), record_id))
                raise OutcomeUnknown("no answer")
            case "done and lost":
                self.execute(record_id, OUR)
                raise OutcomeUnknown("no answer")
            case "busy":
                raise RemoteBusy("429")
            case "refused":
                raise RemoteRefused("no", status=400)
            case "crash":
                raise Crash
            case "done and crash":
                self.execute(record_id, OUR)
                raise Crash
        issue = self.execute(record_id, OUR)
        self.point("after the request")
        return Made(remote_id=issue.remote_id, key=f"OPS-{issue.number}")


class MemoryComments(MemoryCreates):
    """What hangs on other records: all that hangs on one is listed, and nothing is numbered."""

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        del known
        self.point("walk")
        places = frozenset(wish.place for wish in wishes if wish.place)
        there = [one for one in self.issues if one.place in places and not (one.hidden or one.deleted)]
        met = [replace(self._met(one), number=None) for one in there]
        return Walk(at=self.clock, above=above, met=tuple(met), places=places)


class MemoryWorklogs(MemoryComments):
    """What hangs on other records and bears no marks; several may say the same. One that was edited is `moved`."""

    def __init__(self, rng: Random, point: Callable[[str], None]) -> None:
        super().__init__(rng, point)
        self.text_of: dict[UUID, str] = {}

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        walk = super().walk(above, known, wishes)
        there = {one.remote_id: one for one in self.issues}
        return replace(
            walk, met=tuple(replace(one, alike=self._alike(there[one.remote_id], wishes)) for one in walk.met)
        )

    def _alike(self, issue: Issue, wishes: Sequence[Wish]) -> list[UUID]:
        if issue.mark is None or issue.moved:
            return []
        here = (wish.creation.record_id for wish in wishes if wish.place == issue.place)
        return [one for one in here if self.text_of[one] == self.text_of[issue.mark]]


class MemoryBelow(MemoryWorklogs):
    """What is said below pages: it bears no marks, what has a row is accounted for by that, and a page may be in the
    trash for a while."""

    def __init__(self, rng: Random, point: Callable[[str], None], rows: Callable[[], Collection[str]]) -> None:
        super().__init__(rng, point)
        self.rows = rows
        self.trashed: set[str | None] = set()

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        walk = super().walk(above, known, wishes)
        rows = self.rows()
        met = [one for one in walk.met if one.remote_id not in rows and one.place not in self.trashed]
        return replace(walk, met=tuple(met), places=walk.places - self.trashed)

    def create(self, record_id: UUID, form: Form) -> Made:
        if self.place_of[record_id] in self.trashed:
            raise RemoteRefused("the page is in the trash", status=404)
        return super().create(record_id, form)


class MemoryLinks(MemoryComments):
    """What is there or not: to ask for it again makes no second one, and whoever made it, it is the one."""

    def execute(self, mark: UUID | None, creator: str) -> Issue:
        there = (one for one in self.issues if one.mark == mark and not one.deleted)
        return next(there, None) or super().execute(mark, creator)

    def _met(self, issue: Issue) -> Met:
        return replace(super()._met(issue), mark=issue.mark, creator_id=OUR)


class MemoryPages(MemoryCreates):
    """Records without numbers, whose mark follows in a request of its own, and of which no two have one title."""

    def pass_time(self, span: timedelta) -> None:
        with contextlib.suppress(RemoteRefused):  # a late one finds its title taken
            super().pass_time(span)
            return
        self.late.sort()
        del self.late[0]
        self.pass_time(span)

    def execute(self, mark: UUID | None, creator: str) -> Issue:
        if creator == OUR and any(one.mark == mark and self._holds_title(one) for one in self.issues):
            raise RemoteRefused("the title is taken", status=400)
        issue = super().execute(mark, creator)
        issue.shows_at = None
        return issue

    def _holds_title(self, issue: Issue) -> bool:
        return issue.creator_id == OUR and not (issue.deleted or issue.moved)

    def create(self, record_id: UUID, form: Form) -> Made:
        made = super().create(record_id, form)
        self.point("before the mark")
        if self.rng.random() < 0.9:
            next(one for one in self.issues if one.remote_id == made.remote_id).shows_at = self.clock
        return made

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        del known
        self.point("walk")
        since = min([self.clock, *(w.creation.fence.at for w in wishes if w.creation.fence)]) - timedelta(minutes=2)
        doubtful = {wish.creation.record_id for wish in wishes if wish.creation.state in IN_DOUBT}
        there = [one for one in self.issues if not (one.hidden or one.deleted)]
        met = [self._as_asked(one, doubtful) for one in there if one.number > above or one.created_at >= since]
        return Walk(at=self.clock, above=above, met=tuple(met), since=since, marked_later=True)

    def _as_asked(self, issue: Issue, doubtful: Collection[UUID]) -> Met:
        """One that somebody has edited or moved is not as it was asked for any more."""
        alike = [one for one in doubtful if one == issue.mark and not issue.moved]
        return replace(self._met(issue), number=None, alike=alike)


def _number(key: str | None) -> int:
    return int((key or "-0").rpartition("-")[2])


class CreateHistory:
    """A random history of wishes; `told` are wishes whose question a person answered."""

    def __init__(self, rng: Random, *, restores: bool = False, rules: CreateRules = RULES) -> None:
        self.rng = rng
        self.restores = restores
        self.rules = rules
        self.crash_rate = 0.0
        self.book = MemoryBook(self._point, lambda: self.remote.clock)
        self.remote = MemoryCreates(rng, self._point)
        self.remote.never_shows = rng.random() < 0.1
        self.wished: list[UUID] = []
        self.index_lag = rng.choice((0, 0.3, 1))
        self.backup: Books | None = None
        self.runs = 0
        self.twins = 0

    def _point(self, label: str) -> None:
        if self.crash_rate and self.rng.random() < self.crash_rate:
            raise Crash(label)

    def run(self) -> Run:
        self.runs += 1
        clock = lambda: self.remote.clock  # noqa: E731 - the clock as a value
        return Run(run_id=f"run-{self.runs}", now=clock, new_id=lambda: UUID(int=0), account_id=OUR, kind=JIRA_ISSUE)

    def sync(self) -> None:
        """One run: settle, pull what there is, make what is wished for."""
        run = self.run()
        settle_creations(self.book, self.remote, run, self.rules)
        began = self.remote.clock
        self.pull()
        self.book.books.pulled_at = began
        done = create_records(self.book, self.remote, run, self.rules, Overrides(writes=10_000))
        self._read(done)

    def pull(self) -> None:
        """Everything that is visible; what we made and what is in doubt is left alone."""
        doubts = [
            w.creation.fence.at
            for w in self.book.books.wishes.values()
            if w.creation.state in IN_DOUBT and w.creation.fence
        ]
        for issue in self.remote.issues:
            if issue.hidden or issue.deleted or issue.moved or issue.remote_id in self.book.books.rows:
                continue
            if self.rng.random() < self.index_lag:
                continue
            met = self.remote._met(issue)
            wish = self.book.books.wishes.get(met.mark) if met.mark and issue.creator_id == OUR else None
            if wish is not None:
                self._met_by_pull(wish, met)
                continue
            if met.mark is None and issue.creator_id == OUR and any(at <= issue.created_at for at in doubts):
                continue
            self.book.books.rows[issue.remote_id] = None
            self.book.books.highest = max(self.book.books.highest, issue.number)

    def _met_by_pull(self, wish: Wish, met: Met) -> None:
        walk = Walk(at=self.remote.clock, above=0, met=(met,))
        grounds = decide.Grounds(horizon=self.rules.horizon, accounts={OUR}, bound={}, shows_marks=True)
        after = decide.looked(wish.creation, walk, grounds, self.remote.clock)
        if after != wish.creation:
            self.book._apply(wish.creation.record_id, plan_of(wish, after, self.remote.clock))
        elif twins := decide.doubled(wish.creation, walk, {OUR}):
            self.book.tell_twins(wish.creation, twins)
            self.book.books.rows[met.remote_id] = None

    def _read(self, done: Created) -> None:
        for issue in self.remote.issues:
            if issue.remote_id in done.ids and self.remote._met(issue).mark is not None:
                self.book.books.shown = True

    # --- people ---

    def play(self) -> None:
        for _ in range(self.rng.randint(3, 9)):
            self.event()
        self.settle_down()

    def event(self) -> None:
        rng = self.rng
        for _ in range(rng.randint(0, 2)):
            self.wish()
        if self.restores and rng.random() < 0.2:
            self.backup = copy.deepcopy(self.book.books)
        if self.restores and self.backup is not None and rng.random() < 0.15:
            self._restore(self.backup)
        self.meddle()
        self.crash_rate = rng.choice((0, 0, 0.03, 0.1))
        self.remote.fault = lambda: rng.choice(FAULTS)
        self.sync_once()
        self.crash_rate = 0
        self.remote.pass_time(timedelta(minutes=rng.choice((0, 1, 4, 12, 30))))

    def sync_once(self) -> None:
        with contextlib.suppress(Crash, RemoteBusy):
            self.sync()

    def wish(self) -> None:
        record_id = UUID(int=self.rng.getrandbits(64))
        parent = self.rng.choice([None, None, *self.wished[-2:]])
        self.book.insert(record_id, parent if parent in self.book.books.wishes else None)
        self.wished.append(record_id)

    def _restore(self, backup: Books) -> None:
        self.book.restore(backup, self.remote.clock)
        self.wished = list(self.book.books.wishes)

    def meddle(self) -> None:
        """Other people, and what they do to what was made."""
        rng = self.rng
        for _ in range(rng.randint(0, 2)):
            self.remote.execute(None, OTHER)
        if self.remote.issues and rng.random() < 0.3:
            copied = rng.choice(self.remote.issues[-3:])
            self.remote.execute(copied.mark, OTHER)  # an app copies an issue with its properties
        if self.remote.issues and rng.random() < 0.1:
            issue = rng.choice(self.remote.issues)
            setattr(issue, rng.choice(("hidden", "deleted", "moved")), True)
        if self.wished and rng.random() < 0.1:
            self._delete(rng.choice(self.wished))

    def _delete(self, record_id: UUID) -> None:
        wish = self.book.books.wishes[record_id]
        self.book.books.wishes[record_id] = replace(wish, deleted=True, local_seq=wish.local_seq + 1)

    def settle_down(self) -> None:
        self.remote.fault = lambda: "ok"
        for round_ in range(8):
            self.index_lag = 0 if round_ > 2 else self.index_lag
            self.remote.pass_time(timedelta(minutes=13))
            self.remote.execute(None, OTHER)
            self.sync()
            self.answer()
        self.remote.pass_time(timedelta(days=2))
        self.sync()
        self.check()

    def answer(self) -> None:
        """A person looks into Jira, and says what is true."""
        for key, wish in list(self.book.books.wishes.items()):
            if wish.creation.state != "asks":
                continue
            made = [one for one in self.remote.issues if one.mark == key and one.creator_id == OUR]
            if not made:
                self._say(wish, decide.answered(wish.creation, "again"))
            elif any(not (one.hidden or one.deleted or one.remote_id in self.book.books.rows) for one in made):
                issue = next(
                    one for one in made if not (one.hidden or one.deleted or one.remote_id in self.book.books.rows)
                )
                met = self.remote._met(issue)
                self._say(wish, decide.answered(wish.creation, "is", Made(remote_id=met.remote_id, key=met.key)))
            else:
                self._say(wish, decide.answered(wish.creation, "gone"))

    def _say(self, wish: Wish, after: Creation) -> None:
        self.book._apply(wish.creation.record_id, plan_of(wish, after, self.remote.clock))

    # --- the laws ---

    def check(self) -> None:
        made = Counter(one.mark for one in self.remote.issues if one.mark and one.creator_id == OUR)
        for key in self.wished:
            wish = self.book.books.wishes[key]
            self._check_twins(wish, made[key])
            self._check_kept(wish)
            self._check_ours(wish)
            if wish.creation.record_id != key:
                raise Halt("a wish has another name than it had")

    def _check_twins(self, wish: Wish, made: int) -> None:
        if made <= 1:
            return
        if not self.book.was_restored:
            raise Halt(f"{made} records were made of one wish")
        key = wish.creation.record_id
        seen = [one for one in self.remote.issues if one.mark == key and one.creator_id == OUR]
        self.twins += made - 1
        # Stored before it showed its mark, it is not read again unless it changes.
        visible = [one for one in seen if not (one.hidden or one.deleted) and one.shows_at == one.created_at]
        others = [one for one in visible if one.remote_id != wish.creation.remote_id]
        if untold := [one for one in others if one.remote_id not in self.book.books.told]:
            raise Halt(f"{len(untold)} twins of a restored database were told to nobody")

    def _check_ours(self, wish: Wish) -> None:
        issue = next((one for one in self.remote.issues if one.remote_id == wish.creation.remote_id), None)
        if issue is not None and (issue.creator_id, issue.mark) != (OUR, wish.creation.record_id):
            raise Halt("a wish is bound to what others made")

    def _check_kept(self, wish: Wish) -> None:
        creation = wish.creation
        if wish.deleted or creation.state in ("asks", "rejected", "gone") or creation.remote_id is not None:
            return
        if wish.parent is not None and self.book._seen(wish).parent is not None:
            return  # it waits, and says for what
        if self.book.books.stopped_at is not None:
            return
        raise Halt(f"a wish was lost in state {creation.state}")


class CommentHistory(CreateHistory):
    """The same of comments on three issues. What somebody deletes or hides before it was found is not told from what
    was never written: people meddle with what is known only."""

    def __init__(self, rng: Random, *, restores: bool = False, rules: CreateRules = RULES) -> None:
        super().__init__(rng, restores=restores, rules=rules)
        never_shows = self.remote.never_shows
        self.remote = MemoryComments(rng, self._point)
        self.remote.latest = 14.5  # two proofs alone, ten minutes apart, would not outlast it
        self.remote.never_shows = never_shows

    def wish(self) -> None:
        record_id = UUID(int=self.rng.getrandbits(64))
        self.book.insert(record_id, None, self.rng.choice(("10", "20", "30")))
        self.wished.append(record_id)

    def meddle(self) -> None:
        rng = self.rng
        self.remote.execute(None, OTHER).place = rng.choice(("10", "20", "30"))
        known = [one for one in self.remote.issues if self.book.books.rows.get(one.remote_id) is not None]
        if known and rng.random() < 0.1:
            setattr(rng.choice(known), rng.choice(("hidden", "deleted")), True)
        if self.wished and rng.random() < 0.1:
            self._delete(rng.choice(self.wished))


class WorklogHistory(CommentHistory):
    """The same of what bears no marks and often says the same: which of two alike was made of which wish is nobody's
    concern, only that there are as many as were wished for."""

    remote: MemoryWorklogs

    def __init__(self, rng: Random, *, restores: bool = False, rules: CreateRules = RULES) -> None:
        super().__init__(rng, restores=restores, rules=rules)
        self.remote = MemoryWorklogs(rng, self._point)
        self.remote.latest = 14.5
        self.remote.never_shows = True

    def wish(self) -> None:
        super().wish()
        self.remote.text_of[self.wished[-1]] = self.rng.choice("ab")

    def meddle(self) -> None:
        super().meddle()
        if self.remote.issues and self.rng.random() < 0.1:
            self.rng.choice(self.remote.issues).moved = True

    def answer(self) -> None:
        for key, wish in list(self.book.books.wishes.items()):
            if wish.creation.state == "asks":
                said = self._it(wish, key)
                made = Made(remote_id=said.remote_id, key=str(said.number)) if said else None
                self._say(wish, decide.answered(wish.creation, "is" if made else "again", made))

    def _it(self, wish: Wish, key: UUID) -> Issue | None:
        """What a person takes for it: of our account, on the same issue, saying the same at first, and no row's."""
        mine = (one for one in self.remote.issues if one.mark and one.creator_id == OUR and one.place == wish.place)
        free = (one for one in mine if self.book.books.rows.get(one.remote_id) is None)
        return next((one for one in free if self._group(one.mark) == self._group(key)), None)

    def _group(self, mark: UUID | None) -> tuple[str | None, str]:
        assert mark is not None
        return self.book.books.wishes[mark].place, self.remote.text_of[mark]

    def _check_twins(self, wish: Wish, made: int) -> None:
        group = self._group(wish.creation.record_id)
        wished = sum(self._group(one) == group for one in self.wished)
        there = sum(self._group(one.mark) == group for one in self.remote.issues if one.mark and one.creator_id == OUR)
        if there > wished:
            raise Halt(f"{there} were made of {wished} wishes that say the same")

    def _check_ours(self, wish: Wish) -> None:
        issue = next((one for one in self.remote.issues if one.remote_id == wish.creation.remote_id), None)
        if issue is not None and (
            issue.creator_id != OUR or self._group(issue.mark) != self._group(wish.creation.record_id)
        ):
            raise Halt("a wish is bound to what others made, or to what says something else")


class BelowHistory(WorklogHistory):
    """The same of what is said below pages, which come into the trash and out of it."""

    remote: MemoryBelow

    def __init__(self, rng: Random, *, restores: bool = False, rules: CreateRules = RULES) -> None:
        super().__init__(rng, restores=restores, rules=rules)
        self.remote = MemoryBelow(rng, self._point, lambda: self.book.books.rows)
        self.remote.latest = 14.5
        self.remote.never_shows = True

    def meddle(self) -> None:
        super().meddle()
        if self.rng.random() < 0.2:
            self.remote.trashed ^= {self.rng.choice(("10", "20", "30"))}

    def settle_down(self) -> None:
        self.remote.trashed.clear()
        super().settle_down()


class LinkHistory(CommentHistory):
    """The same of links, which others make and undo as well."""

    def __init__(self, rng: Random, *, restores: bool = False, rules: CreateRules = LINK_RULES) -> None:
        super().__init__(rng, restores=restores, rules=rules)
        self.remote = MemoryLinks(rng, self._point)

    def meddle(self) -> None:
        rng = self.rng
        if self.wished and rng.random() < 0.3:
            mark = rng.choice(self.wished)
            self.remote.execute(mark, OTHER).place = self.book.books.wishes[mark].place
        known = [one for one in self.remote.issues if self.book.books.rows.get(one.remote_id) is not None]
        if known and rng.random() < 0.1:
            rng.choice(known).deleted = True
        if self.wished and rng.random() < 0.1:
            self._delete(rng.choice(self.wished))

    def settle_down(self) -> None:
        """Nobody has to wait for a horizon: the next two runs know."""
        self.remote.pass_time(timedelta(minutes=self.remote.latest))
        self.remote.fault = lambda: "ok"
        self.sync()
        self.sync()
        self.check()

    def check(self) -> None:
        there = Counter(one.mark for one in self.remote.issues if not one.deleted)
        for key in self.wished:
            wish = self.book.books.wishes[key]
            if there[key] > 1:
                raise Halt(f"{there[key]} links say the same")
            if wish.creation.state == "asks":
                raise Halt("a person is asked what the list of links tells")
            self._check_kept(wish)


class PageHistory(CreateHistory):
    """The same of pages. What somebody removes for good or hides before it was found is not told from what was never
    made: people meddle so with what is known only."""

    def __init__(self, rng: Random, *, restores: bool = False, rules: CreateRules = RULES) -> None:
        super().__init__(rng, restores=restores, rules=rules)
        self.remote = MemoryPages(rng, self._point)
        self.remote.latest = 14.5

    def meddle(self) -> None:
        rng = self.rng
        for _ in range(rng.randint(0, 2)):
            self.remote.execute(None, OTHER)
        if self.remote.issues and rng.random() < 0.3:
            rng.choice(self.remote.issues[-3:]).moved = True
        known = [one for one in self.remote.issues if self.book.books.rows.get(one.remote_id) is not None]
        if known and rng.random() < 0.1:
            setattr(rng.choice(known), rng.choice(("hidden", "deleted")), True)
        if self.wished and rng.random() < 0.1:
            self._delete(rng.choice(self.wished))


def play(seed: int, sort: type[CreateHistory] = CreateHistory, **options: bool) -> CreateHistory:
    """The history of a seed; a broken law names the seed."""
    try:
        history = sort(Random(seed), **options)  # type: ignore[arg-type]
        history.play()
    except Halt as broken:
        raise Halt(f"seed {seed}: {broken}") from broken
    return history
