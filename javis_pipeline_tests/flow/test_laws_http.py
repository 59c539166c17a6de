"""The laws over random histories with everything real: PostgreSQL, and a Jira behind a socket with its own bad luck.

`make laws` plays hundreds of them; JAVIS_LAWS_SITE_HISTORIES sets the number.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.errors import OutcomeUnknown, RemoteMissing, StaleRevision
from javis_pipeline.records import Missing
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.jira import FieldMap
from javis_pipeline.records.sync import FieldChange, Operation, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.jira.editing import InvalidEditError
from javis_pipeline.sandbox.people import Person
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World as Sandbox
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.fields import discover_fields
from javis_pipeline.systems.jira.records import JiraRecords
from javis_pipeline_tests.integration.test_laws_postgres import StoreUnderTest, wipe
from javis_pipeline_tests.property.sync_histories import History, how_many
from javis_pipeline_tests.property.sync_memory import SYNCED, Crash, Halt, World, adf

HISTORIES = how_many("JAVIS_LAWS_SITE_HISTORIES", usual=16, thorough=320)
CRASHES = how_many("JAVIS_LAWS_SITE_CRASHES", usual=6, thorough=1_000)
NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)

pytestmark = [pytest.mark.laws, pytest.mark.timeout(1800)]


class IssueView:
    """An issue of the sandbox, as the histories look at one."""

    def __init__(self, remote: "SandboxRemote", ref: ResourceRef) -> None:
        self._remote = remote
        self.ref = ref
        self._known: tuple[int, RemoteRecord] | None = None

    def _read(self) -> RemoteRecord:
        changes = self._remote.sandbox.jira.changes
        if self._known is None or self._known[0] != changes:
            self._known = (changes, self._remote.records.fetch(self.ref))
        return self._known[1]

    @property
    def values(self) -> dict[str, Any]:
        return dict(self._read().values)

    @property
    def updated(self) -> datetime | None:
        return self._read().revision

    visible = True  # nobody hides issues in these histories


class SandboxRemote:
    """The adapter of Jira under test, with the sandbox's people and faults at hand."""

    def __init__(self, world: World, sandbox: Sandbox, client: JiraClient) -> None:
        self.world = world
        self.sandbox = sandbox
        self.client = client
        found = discover_fields(client.fields(), estimation_fields=[client.estimation_field(1) or ""])
        self.records = self.make_records(client, found.fields)
        self.account_id = client.prove_identity().account_id
        self.issues: dict[str, IssueView] = {}
        self.fault: Callable[[str], str] = lambda _: "ok"
        self.missing_fields: Callable[[], Sequence[str]] = tuple
        self.late: list[Operation] = []
        self.sent: list[Operation] = []
        self.executed: list[Operation] = []
        self.observe: Callable[..., None] = lambda *_: None
        self.epics = [sandbox.jira.create("OPS", f"Epic {n}", type="Epic").state.key for n in (1, 2)]

    def make_records(self, client: JiraClient, fields: FieldMap) -> JiraRecords:
        return JiraRecords(client, fields)

    def for_people(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Values as a person types them."""
        return _for_people(values)

    def create(self, number: int, **values: Value) -> ResourceRef:
        title = str(values.pop("title", None) or f"issue {number}")
        status = values.pop("status", None)
        issue = self.sandbox.jira.create("OPS", title, status=str(status), **self.for_people(values))
        ref = ResourceRef(resource_type="jira_issue", resource_id=str(issue.id), scope="OPS", key=issue.state.key)
        self.issues[ref.resource_id] = IssueView(self, ref)
        return ref

    def edit(self, resource_id: str, name: str, value: Value) -> None:
        """A person in the browser. What the site refuses them does not happen."""
        self.sandbox.clock.advance(timedelta(seconds=1))
        view = self.issues[resource_id]
        try:
            if name == "status":
                self.sandbox.jira.transition(view.ref.key, str(value), by="Ann Other")
            else:
                self.sandbox.jira.edit(view.ref.key, by="Ann Other", **self.for_people({name: value}))
        except InvalidEditError:
            return
        self.observe_now(resource_id)

    def observe_now(self, resource_id: str) -> None:
        view = self.issues[resource_id]
        for name, raw in view.values.items():
            if name in SYNCED:
                self.observe(view, name, raw, None)

    def execute(self, op: Operation) -> None:
        """Later requests push the late ones out."""
        for _ in range(4):
            self.client.server_time()
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
            method = "POST" if op.kind == "transition" else "PUT"
            self.sandbox.faults.add(Rule(kinds[fault], method=method))
        self.sent.append(op)
        try:
            reply = self.records.send(op, current)
        except OutcomeUnknown:
            if fault == "late":
                self.late.append(op)
            self.observe_now(op.ref.resource_id)
            raise
        except (StaleRevision, RemoteMissing):
            raise
        else:
            self.executed.append(op)
            self.observe_now(op.ref.resource_id)
        finally:
            self.sandbox.faults.clear()
        self.world.point("after send")
        return reply


def _words(value: object) -> list[str] | None:
    return value.split() if isinstance(value, str) else None


def _for_people(values: Mapping[str, Value]) -> dict[str, Any]:
    """Values as a person types them."""
    names = {"assignee_id": "assignee"}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name == "description" and value is not None:
            found[name] = adf(str(value))
        else:
            found[names.get(name, name)] = list(value) if isinstance(value, tuple) else value
    return found


class SiteHistory(History):
    """A history in which everything is real but the people."""

    remote: SandboxRemote

    statuses = ("To Do", "In Progress", "In Review", "Done")
    priorities = ("High", "Medium", "Low")
    # The rest needs a store or a remote in memory.
    events: Mapping[str, int] = {
        "edit_locally": 27,
        "edit_remotely": 18,
        "try_to_sync": 45,
        "resolve_something": 13,
        "wait": 5,
    }

    def __init__(self, database: Database, sandbox: Sandbox, rng: Random, **options: Any) -> None:
        self.database, self.sandbox = database, sandbox
        self.client = self.make_client(sandbox)
        self.people = [self.id_of(sandbox.people.named(name)) for name in ("Ann Other", "Bob Builder")]
        sandbox.jira.behaviour.keeps_history_metadata = rng.random() < 0.7
        super().__init__(rng, **options)
        self.field_names = [rng.choice(("status", "status", "description")), *rng.sample(SYNCED, 2)]

    def make_client(self, sandbox: Sandbox) -> JiraClient:
        token, limits = sandbox.credentials.api_token, Limits(tries=2)
        return JiraClient(sandbox.base_url, "us@example.com", token, limits=limits, sleep=lambda _: None)

    def id_of(self, person: Person) -> str:
        """By what the site knows somebody."""
        return person.account_id

    def make_store(self, world: World) -> StoreUnderTest:
        store = StoreUnderTest(self.database, world)
        statuses = {status.name: (status.status_id,) for status in self.client.statuses()}
        priorities = {priority.name: priority.priority_id for priority in self.client.priorities()}
        catalog = Catalog(statuses=statuses, priorities=priorities, users=dict.fromkeys(self.people, "somebody"))
        store.catalog = lambda: catalog  # type: ignore[method-assign]  # the pull that fills the tables is not under test
        return store

    def make_remote(self, world: World) -> SandboxRemote:
        remote = SandboxRemote(world, self.sandbox, self.client)
        self.parents = remote.epics
        return remote

    def _was_seen(self, side: str, resource_id: str, name: str, value: Value) -> bool:
        """What the site executed late, and somebody replaced at once, only its changelog has seen."""
        if super()._was_seen(side, resource_id, name, value):
            return True
        changes = self.remote.records.history(self.remote.issues[resource_id].ref) if side == "remote" else ()
        held = [text for c in changes if c.field == name for text in (c.old, c.new, c.old_text, c.new_text)]
        return value in held or _words(value) in [_words(text) for text in held if isinstance(text, str)]

    def check_settled(self) -> None:
        super().check_settled()
        for ref in self.refs:
            self._check_what_we_replaced(ref)

    def _check_what_we_replaced(self, ref: ResourceRef) -> None:
        """By the site's own changelog: what a write of ours replaced was seen here, or is kept."""
        key, audit = ref.resource_id, [e for e in self.store.audit if e.ref.resource_id == ref.resource_id]
        for change in self.remote.records.history(ref):
            if change.author_id != self.remote.account_id or change.field in ("labels", "description"):
                continue
            if change.field not in self.synced:
                continue  # what Jira did besides: it sets and clears the resolution with the status
            words = change.old_text if change.field in ("status", "priority") else change.old
            assert not isinstance(words, Missing), "only of texts there are no values"
            kept = self._was_seen("local", key, change.field, words) or self._kept_in_conflict(key, change.field, words)
            audited = any(e.field == change.field and e.old == words for e in audit)
            if not (kept or audited):
                raise Halt(f"no silent loss: {change.field} {words!r} was overwritten there")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with SandboxServer(Sandbox(seed=3, clock=Clock(NOON))) as server:
        server.world.jira.create_project("OPS", "Operations")
        yield server.world


@pytest.mark.parametrize("batch", range(4))
def test_no_edit_is_lost_with_everything_real(database, sandbox, batch):
    play_all(SiteHistory, database, sandbox, range(batch * HISTORIES // 4, (batch + 1) * HISTORIES // 4))


def play_all(make: type[SiteHistory], database: Database, sandbox: Sandbox, seeds: range) -> None:
    """The law over the histories of these seeds."""
    for seed in seeds:
        wipe(database)
        history = make(database, sandbox, Random(seed))
        try:
            history.play(20)
        except Halt as broken:
            raise Halt(f"seed {seed}: {broken}") from broken


def a_busy_day(make: type[SiteHistory], database: Database, sandbox: Sandbox) -> SiteHistory:
    """Twelve records, each with another mixture of edits on the two sides."""
    wipe(database)
    history = make(database, sandbox, Random(7), records=12, faulty=False)
    history.rng = Random(11)
    for _ in range(20):
        history.edit_locally()
        history.edit_remotely()
    return history


def run_until(history: SiteHistory, at: int | None) -> int:
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


def die_anywhere(make: type[SiteHistory], database: Database, sandbox: Sandbox, crashes: int) -> None:
    """The law over a run after a busy day, killed at some of the points where it can be; the next runs mend it."""
    points = run_until(a_busy_day(make, database, sandbox), None)
    chosen = sorted(Random(1).sample(range(1, points + 1), min(crashes, points)))

    for at in chosen:
        history = a_busy_day(make, database, sandbox)
        with pytest.raises(Crash):
            run_until(history, at)
        history.settle_down()

    assert points > 100


def test_a_run_killed_between_any_two_calls_loses_nothing(database, sandbox):
    die_anywhere(SiteHistory, database, sandbox, CRASHES)
