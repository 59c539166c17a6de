"""The laws for pages with everything real: PostgreSQL, the pull, and a Confluence behind a socket with bad luck.

JAVIS_LAWS_SPACE_HISTORIES says how many; `make laws` plays hundreds.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any, ClassVar

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.errors import OutcomeUnknown, RemoteMissing, StaleRevision
from javis_pipeline.records.sync import FieldChange, Operation, PlanItem, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef, System, Value, dump_json
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import Refused
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.ground import Happened
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World as Sandbox
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.steps.system import Opened
from javis_pipeline.sync.fields import Kind
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.kind import CONFLUENCE_PAGE
from javis_pipeline.systems.confluence.records import ConfluenceRecords
from javis_pipeline.systems.confluence.system import ConfluenceSystem
from javis_pipeline_tests.confluence_spaces import NOON, a_client, a_data_center_client
from javis_pipeline_tests.integration.test_laws_postgres import LazyRows, StoreUnderTest, wipe
from javis_pipeline_tests.property.page_histories import PageHistory
from javis_pipeline_tests.property.sync_histories import MOST_WRITES, SETTLED, Seen, how_many
from javis_pipeline_tests.property.sync_memory import Crash, Halt, Row, World

HISTORIES = how_many("JAVIS_LAWS_SPACE_HISTORIES", usual=10, thorough=300)
OWN_HISTORIES = how_many("JAVIS_LAWS_OWN_SPACE_HISTORIES", usual=2, thorough=300)
# More points than that no day of these has: thoroughly, a run dies at each of them.
CRASHES = how_many("JAVIS_LAWS_SPACE_CRASHES", usual=8, thorough=1_000)
OWN_CRASHES = how_many("JAVIS_LAWS_OWN_SPACE_CRASHES", usual=2, thorough=1_000)
HABITS = (Trap.NO_MARKS, Trap.TWO_NODES, Trap.LOW_CAP)

pytestmark = [pytest.mark.laws, pytest.mark.timeout(1800)]


class PageStoreUnderTest(StoreUnderTest):
    """The books of a space that can be interrupted."""

    def __init__(self, database: Database, world: World) -> None:
        super().__init__(database, world)
        PostgresStore.__init__(self, database, CONFLUENCE_PAGE.table, "ENG")

    @staticmethod
    def _set(conn: Any, resource_id: str, name: str, value: Value) -> None:
        conn.execute(
            f"UPDATE confluence_pages SET {name} = (jsonb_populate_record(NULL::confluence_pages, %s)).{name}"
            " WHERE page_id = %s",
            [dump_json({name: value}), resource_id],
        )

    def delete(self, resource_id: str) -> None:
        self.database.query("DELETE FROM confluence_pages WHERE page_id = %s", [resource_id])

    @property
    def rows(self) -> Mapping[str, Row]:
        ids = [row["page_id"] for row in self.database.query("SELECT page_id FROM confluence_pages ORDER BY 1")]
        return LazyRows(ids, self._row)

    def _row(self, resource_id: str) -> Row:
        local = PostgresStore.state(
            self, ResourceRef(resource_type="confluence_page", resource_id=resource_id, scope="ENG", key=resource_id)
        ).local
        assert local is not None
        return Row(local, {"changed": True} if local.unmarked else {})


class PageView:
    """A page of the sandbox, as the histories look at one."""

    def __init__(self, remote: "SandboxPages", ref: ResourceRef) -> None:
        self._remote = remote
        self.ref = ref

    @property
    def values(self) -> dict[str, Any]:
        page = self._remote.sandbox.confluence.pages[self.ref.resource_id]
        labels = tuple(sorted(label.name for label in page.labels))
        return {"title": page.title, "body_storage": page.body, "parent_id": page.parent_id, "labels": labels}

    @property
    def visible(self) -> bool:
        return not self._remote.sandbox.confluence.pages[self.ref.resource_id].hidden

    @visible.setter
    def visible(self, visible: bool) -> None:
        self._remote.sandbox.confluence.hide_page(self.ref.resource_id, hidden=not visible)


class Moves:
    """Below which pages each page of a site has been: its versions do not tell."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._pages = sandbox.confluence.pages
        self.seen: set[tuple[str, str | None]] = set()

    def __call__(self, happened: Happened) -> None:
        if happened.service == "confluence" and (page := self._pages.get(happened.record_id)) is not None:
            self.seen.add((page.page_id, page.parent_id))


class SandboxPages:
    """The adapter of Confluence under test, with the sandbox's people and faults at hand."""

    def __init__(self, world: World, sandbox: Sandbox, client: ConfluenceClient) -> None:
        self.world = world
        self.sandbox = sandbox
        self.client = client
        self.space_id = sandbox.confluence.space("ENG").space_id
        self.records = ConfluenceRecords(client, {self.space_id: "ENG"})
        self.account_id = client.prove_identity().account_id
        self.issues: dict[str, PageView] = {}
        self.read_only: dict[str, str] = {}
        self.fault: Callable[[str], str] = lambda _: "ok"
        self.missing_fields: Callable[[], Sequence[str]] = tuple
        self.late: list[Operation] = []
        self.sent: list[Operation] = []
        self.executed: list[Operation] = []
        self.observe: Callable[..., None] = lambda *_: None
        number = len(sandbox.confluence.pages)
        self.parents = [self._new(f"Parent {number} {n}", "<p>x</p>", None) for n in (1, 2)]

    def _new(self, title: str, body: str, parent_id: str | None) -> str:
        self.sandbox.clock.advance(timedelta(seconds=1))
        return self.sandbox.confluence.create_page(self.space_id, title, body, parent_id=parent_id).page_id

    def create(self, number: int, **values: Value) -> ResourceRef:
        # Titles are unique in a space, and the spaces of earlier histories are not emptied.
        title = f"{values['title']} {len(self.sandbox.confluence.pages)} {number}"
        page_id = self._new(title, str(values["body_storage"]), str(values["parent_id"]))
        ref = ResourceRef(resource_type="confluence_page", resource_id=page_id, scope="ENG", key=page_id)
        self.issues[page_id] = PageView(self, ref)
        self._label(page_id, values["labels"])
        return ref

    def edit(self, resource_id: str, name: str, value: Value) -> None:
        """A person in the browser. What the site refuses them does not happen."""
        self.sandbox.clock.advance(timedelta(seconds=1))
        site, view = self.sandbox.confluence, self.issues[resource_id]
        visible, view.visible = view.visible, True  # it is hidden from us alone
        with contextlib.suppress(Refused):
            match name:
                case "labels":
                    self._label(resource_id, value)
                case "parent_id":
                    site.move_page(resource_id, str(value))
                case "title":
                    site.edit_page(resource_id, title=str(value))
                case _:
                    site.edit_page(resource_id, body=str(value))
        view.visible = visible
        self.observe_now(resource_id)

    def _label(self, page_id: str, value: Value) -> None:
        assert isinstance(value, tuple)
        held = self.issues[page_id].values["labels"]
        for name in {*value} - {*held}:
            self.sandbox.confluence.add_label(page_id, name)
        for name in {*held} - {*value}:
            self.sandbox.confluence.remove_label(page_id, name)

    def observe_now(self, resource_id: str) -> None:
        for name, raw in self.issues[resource_id].values.items():
            self.observe(self.issues[resource_id], name, raw, None)

    def execute(self, op: Operation) -> None:
        """Later requests push the late ones out."""
        for _ in range(4):
            self.client.prove_identity()
        self.executed.append(op)
        self.observe_now(op.ref.resource_id)

    # the port, interruptible and with faults

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        self.world.point("fetch")
        return self.records.fetch(ref, moves=moves)

    @property
    def most_together(self) -> int:
        return self.records.most_together

    def fetch_many(self, refs: Sequence[ResourceRef]) -> Mapping[str, RemoteRecord]:
        self.world.point("fetch many")
        return self.records.fetch_many(refs)

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        self.world.point("history")
        return self.records.history(ref)

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        self.world.point("before send")
        self.sandbox.clock.advance(timedelta(seconds=1))
        kinds = {
            "lost_before": Fault(FaultKind.LOST_REQUEST),
            "lost_after": Fault(FaultKind.LOST_REPLY),
            "late": Fault(FaultKind.LATE, after=3),
            "busy": Fault(FaultKind.RATE_LIMITED),
            "stale": Fault(FaultKind.CONFLICT),
        }
        fault = self.fault(op.kind)
        if fault in kinds:
            methods = ("POST", "DELETE") if op.kind == "labels" else ("PUT",)
            self.sandbox.faults.add(*(Rule(kinds[fault], method=method) for method in methods))
        self.sent.append(op)
        try:
            reply = self.records.send(op, current)
        except OutcomeUnknown:
            if fault == "late":
                self.late.append(op)
            raise
        except (RemoteMissing, StaleRevision):
            raise
        else:
            self.executed.append(op)
            self.observe_now(op.ref.resource_id)
        finally:
            self.sandbox.faults.clear()
        self.world.point("after send")
        return reply


class SpaceHistory(PageHistory):
    """A history in which everything is real but the people."""

    store: PageStoreUnderTest

    def __init__(
        self, database: Database, sandbox: Sandbox, client: ConfluenceClient, rng: Random, **options: Any
    ) -> None:
        self.database, self.sandbox, self.client = database, sandbox, client
        self.moves = Moves(sandbox)
        sandbox.listeners = [*(one for one in sandbox.listeners if not isinstance(one, Moves)), self.moves]
        super().__init__(rng, **options)

    def make_store(self, world: World) -> PageStoreUnderTest:
        return PageStoreUnderTest(self.database, world)

    def make_remote(self, world: World) -> Any:
        remote = SandboxPages(world, self.sandbox, self.client)
        self.parents = remote.parents
        return remote

    def move(self, issue: Seen) -> None:
        """Titles of archived pages stay taken, which is another story."""

    def run_late(self) -> None:
        late, self.remote.late = self.remote.late, []
        for op in late:
            self.remote.execute(op)

    def _value(self, name: str) -> Value:
        return self.rng.choice(self.parents) if name == "parent_id" else super()._value(name)

    def sync(self, *, fresh: bool = False) -> list[PlanItem]:
        """One run with the real pull, whose set-based writes are held to the laws as well."""
        job = Job(
            db=self.database,
            system=SpiedSystem(self),
            key="ENG",
            run_id=self.run().run_id,
            clock=self.world.now,
            rules=self.rules,
            overrides=MOST_WRITES,
            new_id=self.world.new_id,
            make_store=lambda *_: self.store,
            threads=1,
        )
        merged = pull_scope(job, full=fresh).merged
        return [*merged.items, *write_back_scope(job).decided.items]

    def check_no_echo(self, *, fresh: bool) -> None:
        """A full reconciliation asks once more for what stands refused, and changes nothing; the next run is silent.

        Titles are unique in a space: some stay refused for good.
        """
        standing = Counter((key, name) for key, row in self.store.rows.items() for name in row.local.refusals)
        before, writes, sent = self._both_sides(), self.store.writes, len(self.remote.sent)
        self.world.now_ += SETTLED
        self.sync(fresh=fresh)
        again = self.remote.sent[sent:]
        if others := Counter((op.ref.resource_id, name) for op in again for name in op.fields) - standing:
            raise Halt(f"no echo: one more run sent {others}")
        if self.store.writes - writes > 3 * len(again):  # each is noted as planned, as sent and as refused
            raise Halt("no echo: one more run wrote here")
        if (after := self._both_sides()) != before:
            changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
            raise Halt(f"no echo: one more run changed something: {changed}")
        self.check_settled()
        super().check_no_echo(fresh=False)

    def _both_sides(self) -> Sequence[Any]:
        """All that is held here and there, but for when and how often was asked for what is refused."""
        locals_ = {
            key: (replace(row.local, errors={}, refusals={}), sorted(row.local.errors), sorted(row.local.refusals))
            for key, row in self.store.rows.items()
        }
        pages = {
            key: (page.title, page.body, page.parent_id, sorted(label.name for label in page.labels), page.versions)
            for key, page in self.sandbox.confluence.pages.items()
        }
        return deepcopy((locals_, pages, self.store.conflicts, self.store.conflict_values, self.store.audit))

    def _was_seen(self, side: str, resource_id: str, name: str, value: Value) -> bool:
        """What the site executed although we never heard of it, only its versions have seen."""
        if super()._was_seen(side, resource_id, name, value):
            return True
        if side == "remote" and name == "parent_id":
            return (resource_id, value) in self.moves.seen
        if side == "local" or name not in ("title", "body_storage"):
            return False
        canonical = CONFLUENCE_PAGE.fields[name].codec.canonical
        versions = self.sandbox.confluence.pages[resource_id].versions
        held = [version.title if name == "title" else version.body for version in versions]
        return canonical(value) in map(canonical, held)

    def check_pulled(self, before: Mapping[str, Any]) -> None:
        for key in self.remote.issues:
            after = self.store.rows[key].local
            for name in self.synced:
                old, new = (before[key].values[name] if key in before else None), after.values[name]
                if key in before and old != new and name in before[key].bases:
                    raise Halt(f"a pull overwrote an edit of {name}: {old!r}")
                self._remember("local", key, name, new)


class OwnSpaceHistory(SpaceHistory):
    """The same on a company's own site, whose habits differ from history to history."""

    def __init__(
        self, database: Database, sandbox: Sandbox, client: ConfluenceClient, rng: Random, **options: Any
    ) -> None:
        behaviour = sandbox.jira.behaviour
        behaviour.traps = frozenset(trap for trap in HABITS if rng.random() < 0.5)
        behaviour.index_lag = timedelta(seconds=rng.choice((3, 20)))
        super().__init__(database, sandbox, client, rng, **options)

    def sync(self, *, fresh: bool = False) -> list[PlanItem]:
        """One run, perhaps by the time that both nodes know all."""
        if fresh:
            self.sandbox.clock.advance(self.sandbox.jira.behaviour.index_lag)
        return super().sync(fresh=fresh)


@dataclass(frozen=True)
class SpiedSystem:
    """Confluence, with the records of a history that looks on."""

    name: ClassVar[System] = "confluence"
    kind: ClassVar[Kind] = CONFLUENCE_PAGE
    history: SpaceHistory
    scopes: Collection[str] = ()

    def hanging(self, key: str) -> list[Kind]:
        return list(ConfluenceSystem(self.history.client).hanging(key))

    def open(self, key: str) -> Opened[Any, Any]:
        opened = ConfluenceSystem(self.history.client).open(key)
        source = opened.source
        return replace(
            opened, records=self.history.remote, source=lambda extent: SpiedSource(source(extent), self.history)
        )


class SpiedSource:
    """What Confluence gives to a pull that is held to the laws as well."""

    def __init__(self, source: Any, history: SpaceHistory) -> None:
        self._source = source
        self._history = history

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __enter__(self) -> "SpiedSource":
        self._before = {key: row.local for key, row in self._history.store.rows.items()}
        self._source.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._source.__exit__(*error)

    def round_off(self, db: Database, **how: Any) -> Any:
        """All batches are stored by now."""
        self._history.check_pulled(self._before)
        return self._source.round_off(db, **how)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with SandboxServer(Sandbox(seed=3, clock=Clock(NOON))) as server:
        yield server.world


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[ConfluenceClient]:
    with a_client(sandbox) as client:
        yield client


def begin_anew(database: Database, sandbox: Sandbox) -> None:
    wipe(database)
    with database.transaction(origin="sync") as conn:
        for table in ("confluence_pages", "page_versions", "page_issue_links", "sync_watermarks", "sync_runs"):
            conn.execute(f"DELETE FROM {table}")
    sandbox.confluence.spaces.clear()
    sandbox.confluence.pages.clear()
    sandbox.confluence.add_space("ENG", "Engineering")


def play_all(
    database: Database,
    sandbox: Sandbox,
    client: ConfluenceClient,
    seeds: Iterable[int],
    kind: type[SpaceHistory] = SpaceHistory,
) -> None:
    """One history a seed; a broken law names the seed."""
    for seed in seeds:
        begin_anew(database, sandbox)
        history = kind(database, sandbox, client, Random(seed))
        try:
            history.play(20)
        except Halt as broken:
            raise Halt(f"seed {seed}: {broken}") from broken


@pytest.mark.parametrize("batch", range(2))
def test_no_edit_of_a_page_is_lost_with_everything_real(database, sandbox, client, batch):
    play_all(database, sandbox, client, range(batch * HISTORIES // 2, (batch + 1) * HISTORIES // 2))


def test_no_edit_of_a_page_is_lost_on_a_site_of_the_companys_own(database, sandbox):
    with a_data_center_client(sandbox) as client:
        play_all(database, sandbox, client, range(1000, 1000 + OWN_HISTORIES), OwnSpaceHistory)


def a_busy_day(
    database: Database, sandbox: Sandbox, client: ConfluenceClient, kind: type[SpaceHistory] = SpaceHistory
) -> SpaceHistory:
    """Eight pages, each with another mixture of edits on the two sides."""
    begin_anew(database, sandbox)
    history = kind(database, sandbox, client, Random(7), records=8, faulty=False)
    history.field_names = list(history.synced)
    history.rng = Random(11)
    for _ in range(20):
        history.edit_locally()
        history.edit_remotely()
    return history


def run_until(history: SpaceHistory, at: int | None) -> int:
    """Run once; die at the given point. Returns how many points were passed."""
    passed = 0

    def count(label: str) -> None:
        nonlocal passed
        passed += 1
        if passed == at:
            raise Crash(label)

    history.world.at_point = count
    try:
        history.sync(fresh=True)
    finally:
        history.world.at_point = lambda _: None
    return passed


def test_a_run_over_pages_killed_between_any_two_calls_loses_nothing(database, sandbox, client):
    die_anywhere(database, sandbox, client, CRASHES)


def test_a_run_over_pages_of_a_companys_own_killed_between_any_two_calls_loses_nothing(database, sandbox):
    with a_data_center_client(sandbox) as client:
        die_anywhere(database, sandbox, client, OWN_CRASHES, OwnSpaceHistory)


def die_anywhere(
    database: Database,
    sandbox: Sandbox,
    client: ConfluenceClient,
    crashes: int,
    kind: type[SpaceHistory] = SpaceHistory,
) -> None:
    """The law over a run after a busy day, killed at some of the points where it can be; the next runs mend it."""
    points = run_until(a_busy_day(database, sandbox, client, kind), None)
    chosen = sorted(Random(1).sample(range(1, points + 1), min(crashes, points)))

    for at in chosen:
        history = a_busy_day(database, sandbox, client, kind)
        with pytest.raises(Crash):
            run_until(history, at)
        try:
            history.settle_down()
        except Halt as broken:
            raise Halt(f"killed at {at} of {points}: {broken}") from broken

    assert points > 60
