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
from javis_pipeline.records.create import (
    IN_DOUBT,
    OPEN,
    Creation,
    CreationAnswer,
    CreationPlan,
    Fence,
    Form,
    Made,
    Met,
    Walk,
    Wish,
)
from javis_pipeline.records.sync import Overrides
from javis_pipeline.steps.create import Created, CreateRules, create_records, settle_creations
from javis_pipeline.sync import create as decide
from javis_pipeline.sync.create_row import plan_of
from javis_pipeline.sync.run import Run
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.wish_histories import (
    OTHER,
    OUR,
    Crash,
    Halt,
    Issue,
    PageWishes,
    Standing,
    WishHistory,
)
from javis_pipeline_tests.property.wish_histories import play as play_of

RULES = CreateRules(allowed=True)
LINK_RULES = CreateRules(allowed=True, repeatable=True)


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


class CreateHistory(WishHistory):
    """Histories of wishes in memory."""

    def __init__(self, rng: Random, *, restores: bool = False, rules: CreateRules = RULES) -> None:
        super().__init__(rng, restores=restores)
        self.rules = rules
        self.book = MemoryBook(self._point, lambda: self.remote.clock)
        self.remote = MemoryCreates(rng, self._point)
        self.remote.never_shows = rng.random() < 0.1
        self.index_lag = rng.choice((0, 0.3, 1))
        self.runs = 0

    def _point(self, label: str) -> None:
        if self.crash_rate and self.rng.random() < self.crash_rate:
            raise Crash(label)

    # what is done

    def insert(self, record_id: UUID, parent: UUID | None) -> None:
        self.book.insert(record_id, parent)

    def withdraw(self, record_id: UUID) -> None:
        self._touch(record_id, deleted=True)

    def edit(self, record_id: UUID) -> None:
        self._touch(record_id)

    def _touch(self, record_id: UUID, **changes: bool) -> None:
        wish = self.book.books.wishes[record_id]
        self.book.books.wishes[record_id] = replace(wish, local_seq=wish.local_seq + 1, **changes)  # type: ignore[arg-type]

    def known(self) -> Collection[UUID]:
        return self.book.books.wishes.keys()

    def back_up(self) -> None:
        self.backup = copy.deepcopy(self.book.books)

    def put_back(self) -> None:
        self.book.restore(self.backup, self.remote.clock)

    def others_make(self, copied: Issue | None = None) -> None:
        self.remote.execute(copied.mark if copied else None, OTHER)

    def spoil(self, issue: Issue, how: str) -> None:
        setattr(issue, how, True)

    def let_fail(self, fate: Callable[[], str]) -> None:
        self.remote.fault = fate

    def pass_time(self, span: timedelta) -> None:
        self.remote.pass_time(span)

    def reply(self, record_id: UUID, answer: CreationAnswer, issue: Issue | None = None) -> None:
        wish = self.book.books.wishes[record_id]
        made = Made(remote_id=issue.remote_id, key=self.remote._met(issue).key) if issue else None
        after = decide.answered(wish.creation, answer, made)
        self.book._apply(record_id, plan_of(wish, after, self.remote.clock))

    # what is known

    @property
    def issues(self) -> Sequence[Issue]:
        return self.remote.issues

    def standing(self, record_id: UUID) -> Standing:
        wish = self.book.books.wishes[record_id]
        if wish.creation.record_id != record_id:
            raise Halt("a wish has another name than it had")
        waits = wish.parent is not None and self.book._seen(wish).parent is not None
        creation = wish.creation
        return Standing(creation.state, creation.remote_id, is_deleted=wish.deleted, waits=waits)

    def is_a_row(self, issue: Issue) -> bool:
        return self.book.books.rows.get(issue.remote_id) is not None

    def told(self) -> Collection[str]:
        return self.book.books.told

    def is_stopped(self) -> bool:
        return self.book.books.stopped_at is not None

    # a run

    def sync_once(self) -> None:
        with contextlib.suppress(Crash, RemoteBusy):
            self.sync()

    def sync(self) -> None:
        """One run: settle, pull what there is, make what is wished for."""
        run = self.run()
        settle_creations(self.book, self.remote, run, self.rules)
        began = self.remote.clock
        self.pull()
        self.book.books.pulled_at = began
        done = create_records(self.book, self.remote, run, self.rules, Overrides(writes=10_000))
        self._read(done)

    def run(self) -> Run:
        self.runs += 1
        clock = lambda: self.remote.clock  # noqa: E731 - the clock as a value
        return Run(run_id=f"run-{self.runs}", now=clock, new_id=lambda: UUID(int=0), account_id=OUR, kind=JIRA_ISSUE)

    def pull(self) -> None:
        """Everything that is visible; what we made and what is in doubt is left alone."""
        doubts = [fence.at for fence in map(_doubted_since, self.book.books.wishes.values()) if fence]
        for issue in self.remote.issues:
            if not issue.is_seen or issue.moved or issue.remote_id in self.book.books.rows:
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

    def settle_down(self) -> None:
        self.settled = 0
        super().settle_down()

    def answer(self) -> None:
        super().answer()
        self.settled += 1
        self.index_lag = 0 if self.settled > 2 else self.index_lag


def _doubted_since(wish: Wish) -> Fence | None:
    """From when on what our account made may be this wish's."""
    creation = wish.creation
    is_in_doubt = creation.state in IN_DOUBT or (creation.restored_at is not None and creation.remote_id is None)
    return creation.fence if is_in_doubt else None


class CommentHistory(CreateHistory):
    """The same of comments on three issues. What somebody deletes or hides before it was found is not told from what
    was never written: people meddle with what is known only."""

    def __init__(self, rng: Random, *, restores: bool = False, rules: CreateRules = RULES) -> None:
        super().__init__(rng, restores=restores, rules=rules)
        never_shows = self.remote.never_shows
        self.remote = MemoryComments(rng, self._point)
        self.remote.latest = 14.5  # two proofs alone, ten minutes apart, would not outlast it
        self.remote.never_shows = never_shows
        self.place_of: dict[UUID, str] = {}

    def wish(self) -> None:
        record_id = UUID(int=self.rng.getrandbits(64))
        self.place_of[record_id] = self.rng.choice(("10", "20", "30"))
        self.book.insert(record_id, None, self.place_of[record_id])
        self.wished.append(record_id)

    def meddle(self) -> None:
        rng = self.rng
        self.remote.execute(None, OTHER).place = rng.choice(("10", "20", "30"))
        known = [one for one in self.remote.issues if self.book.books.rows.get(one.remote_id) is not None]
        if known and rng.random() < 0.1:
            setattr(rng.choice(known), rng.choice(("hidden", "deleted")), True)
        if self.wished and rng.random() < 0.1:
            self.withdraw(rng.choice(self.wished))


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

    def made_of(self, record_id: UUID) -> list[Issue]:
        """What a person takes for it: of our account, on the same issue, and saying the same at first."""
        group = self._group(record_id)
        return [one for one in self.issues if one.mark and one.creator_id == OUR and self._group(one.mark) == group]

    def answer(self) -> None:
        for key in self.wished:
            if self.standing(key).state == "asks":
                free = [one for one in self.made_of(key) if not self.is_a_row(one)]
                self.reply(key, "is" if free else "again", free[0] if free else None)

    def _group(self, mark: UUID) -> tuple[str, str]:
        return self.place_of[mark], self.remote.text_of[mark]

    def check_twins(self, key: UUID, standing: Standing) -> None:
        """What is out of sight, a restored database may make once more."""
        there = [one for one in self.made_of(key) if one.is_seen or not self.was_restored]
        wished = sum(self._group(one) == self._group(key) for one in self.place_of)
        if len(there) > wished:
            raise Halt(f"{len(there)} were made of {wished} wishes that say the same")

    def check_ours(self, key: UUID, standing: Standing) -> None:
        issue = self.bound(standing)
        if issue is not None and (issue.creator_id != OUR or issue not in self.made_of(key)):
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
            self.withdraw(rng.choice(self.wished))

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
            standing = self.standing(key)
            if there[key] > 1:
                raise Halt(f"{there[key]} links say the same")
            if standing.state == "asks":
                raise Halt("a person is asked what the list of links tells")
            self.check_kept(standing)


class PageHistory(PageWishes, CreateHistory):
    """The same of pages."""

    def __init__(self, rng: Random, *, restores: bool = False, rules: CreateRules = RULES) -> None:
        super().__init__(rng, restores=restores, rules=rules)
        self.remote = MemoryPages(rng, self._point)
        self.remote.latest = 14.5


def play(seed: int, sort: type[CreateHistory] = CreateHistory, **options: bool) -> CreateHistory:
    """The history of a seed; a broken law names the seed."""
    history = sort(Random(seed), **options)  # type: ignore[arg-type]
    play_of(history, seed)
    return history
