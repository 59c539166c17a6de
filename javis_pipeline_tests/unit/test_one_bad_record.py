"""One record's failure costs that record: the others go on, and the row says why. On the store and remote in memory."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest

from javis_pipeline.errors import (
    IdentityError,
    OutcomeUnknown,
    RemoteBusy,
    RemoteMissing,
    RemoteRefused,
    StaleRevision,
    SyncHalted,
    UnreadableRecord,
)
from javis_pipeline.records.sync import WHOLE_RECORD, FieldChange, Operation, Overrides, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.census import Counted, take_census
from javis_pipeline.steps.look import Busy, Gone, Refused, Seen, Unreadable, look, look_after_history, look_back
from javis_pipeline.steps.push import Pushed
from javis_pipeline.steps.reconcile import Reconciled, plan_records, reconcile_records
from javis_pipeline.steps.send_edits import send_edits
from javis_pipeline.steps.sync_scope import merge_pulled
from javis_pipeline.sync.run import Run
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.sync_memory import CATALOG, OUR_ACCOUNT, MemoryRemote, MemoryStore, World

EDITED = 30
ALLOWED = Overrides(writes=EDITED)
BUSY = "jira: GET /issue/10002 failed 4x (HTTP 500); run again later"

SORTS = [
    pytest.param(lambda: RemoteRefused("refused with HTTP 403", status=403), id="403"),
    pytest.param(lambda: RemoteRefused("refused with HTTP 400", status=400), id="400"),
    pytest.param(lambda: RemoteRefused("refused with HTTP 410", status=410), id="410"),
    pytest.param(lambda: StaleRevision("refused with HTTP 409"), id="409"),
    pytest.param(lambda: RemoteBusy(BUSY, about_one_record=True), id="500 after all tries"),
    pytest.param(lambda: UnreadableRecord("jira issue 10002 cannot be read", remote_id="10002"), id="unreadable"),
    pytest.param(lambda: OverflowError("cannot convert float infinity to integer"), id="a number beyond a double"),
    pytest.param(lambda: UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), id="half a surrogate"),
    pytest.param(lambda: RecursionError("too deep"), id="nested too deep"),
]


class AwkwardRemote(MemoryRemote):
    """A site on which questions about some records fail."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.failing: dict[tuple[str, str], Callable[[], Exception]] = {}
        self.asked: list[ResourceRef] = []

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        self._fail("fetch", ref)
        return super().fetch(ref, moves=moves)

    def fetch_many(self, refs: Sequence[ResourceRef]) -> Mapping[str, RemoteRecord]:
        found = super().fetch_many(refs)
        return {key: record for key, record in found.items() if ("fetch", key) not in self.failing}

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        self._fail("history", ref)
        return super().history(ref)

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        self._fail("send", op.ref)
        return super().send(op, current)

    def _fail(self, what: str, ref: ResourceRef) -> None:
        self.asked.append(ref)
        if (what, ref.resource_id) in self.failing:
            raise self.failing[what, ref.resource_id]()


class Site:
    """Thirty issues on both sides, in step."""

    def __init__(self) -> None:
        self._runs = itertools.count(1)
        self.world = World()
        self.store = MemoryStore(self.world)
        self.remote = AwkwardRemote(self.world)
        self.refs = [self.remote.create(n + 1) for n in range(EDITED)]
        merge_pulled(self.store, self.remote, self.refs, self.run())

    def run(self) -> Run:
        return Run(
            run_id=f"run-{next(self._runs)}",
            now=self.world.now,
            new_id=self.world.new_id,
            account_id=OUR_ACCOUNT,
            kind=JIRA_ISSUE,
            catalog=CATALOG,
        )

    def edit_all(self) -> None:
        self.world.now_ += timedelta(hours=1)
        for ref in self.refs:
            self.store.edit(ref.resource_id, "title", f"edited {ref.key}")

    def write_back(self) -> tuple[Reconciled, Pushed]:
        done = send_edits(self.store, self.remote, self.run(), ALLOWED)
        return done.decided, done.pushed

    def census(self) -> Counted:
        return take_census(self.store, self.remote, [], self.run(), Overrides(deletions=EDITED, missing=EDITED))

    def error(self, ref: ResourceRef) -> str | None:
        return self.store.rows[ref.resource_id].local.errors.get(WHOLE_RECORD)

    def arrived(self) -> int:
        return sum(str(issue.values["title"]).startswith("edited") for issue in self.remote.issues.values())


@pytest.fixture
def site() -> Site:
    return Site()


# --- the value ---


@pytest.mark.parametrize("failure", SORTS)
def test_only_not_found_is_gone(site, failure):
    ref = site.refs[1]
    site.remote.failing["fetch", ref.resource_id] = failure

    found = look(site.remote, ref)

    assert isinstance(found, Unreadable | Refused | Busy)


def test_given_a_history_that_is_not_found_then_the_record_is_not_gone(site):
    ref = site.refs[1]
    site.remote.failing["history", ref.resource_id] = lambda: RemoteMissing("not found")
    seen = look(site.remote, ref)
    assert isinstance(seen, Seen)

    assert isinstance(look_back(site.remote, seen), Refused)
    assert isinstance(look_after_history(site.remote, ref), Refused)
    site.remote.issues[ref.resource_id].visible = False
    assert look_after_history(site.remote, ref) == Gone()


def test_given_credentials_that_are_refused_then_that_is_about_the_site(site):
    site.remote.failing["fetch", site.refs[1].resource_id] = lambda: IdentityError("HTTP 401")

    with pytest.raises(IdentityError):
        look(site.remote, site.refs[1])


# --- the verbs ---


@pytest.mark.parametrize("what", ["fetch", "history"])
@pytest.mark.parametrize("failure", SORTS)
def test_given_one_bad_record_among_thirty_edited_then_29_go_out_and_the_row_says_why(site, what, failure):
    bad = site.refs[1]
    site.edit_all()
    site.remote.failing[what, bad.resource_id] = failure

    decided, pushed = site.write_back()

    assert site.arrived() == EDITED - 1
    assert pushed.confirmed == EDITED - 1
    assert (site.error(bad) or "").endswith("nothing of this record was synced. It is tried again by every sync")
    assert len(decided.unreadable) + pushed.unreadable + pushed.postponed == 1
    assert site.store.rows[bad.resource_id].local.sync_status == "error"

    writes = site.store.writes
    site.write_back()
    assert site.store.writes == writes, "the same failure again changes nothing"

    site.remote.failing.clear()
    site.write_back()
    assert (site.arrived(), site.error(bad)) == (EDITED, None)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(lambda: RemoteRefused("refused with HTTP 400", status=400), id="400"),
        pytest.param(lambda: RemoteRefused("refused with HTTP 403", status=403), id="403"),
        pytest.param(lambda: RemoteRefused("refused with HTTP 413", status=413), id="413"),
        pytest.param(lambda: RemoteMissing("refused with HTTP 404"), id="404"),
        pytest.param(lambda: StaleRevision("refused with HTTP 409"), id="409"),
        pytest.param(lambda: RemoteBusy(BUSY, about_one_record=True), id="429 of one issue"),
        pytest.param(lambda: OutcomeUnknown("HTTP 500"), id="500, a time limit, a broken answer"),
    ],
)
def test_given_one_write_among_thirty_that_fails_then_29_go_out_and_it_later(site, failure):
    bad = site.refs[1]
    site.edit_all()
    site.remote.failing["send", bad.resource_id] = failure

    for _ in range(3):
        site.write_back()
        assert site.arrived() == EDITED - 1
    assert site.store.rows[bad.resource_id].local.sync_status != "synced"

    site.remote.failing.clear()
    site.world.now_ += timedelta(days=1)
    for _ in range(2):
        site.write_back()
    assert site.arrived() == EDITED


@pytest.mark.parametrize("failure", SORTS)
def test_given_a_sent_write_whose_record_cannot_be_looked_at_then_it_waits_and_the_others_go_out(site, failure):
    bad = site.refs[1]
    site.edit_all()
    site.remote.fault = lambda _: "ok" if site.remote.sent else "lost_after"
    site.refs.insert(0, site.refs.pop(1))
    reconcile_records(site.store, site.remote, site.store.to_decide(), site.run(), proved=True)
    first = site.store.operations("planned")[0].ref
    site.remote.failing["fetch", first.resource_id] = failure
    site.world.now_ += timedelta(hours=1)

    site.write_back()
    site.write_back()

    assert site.arrived() == EDITED - 1
    site.remote.failing.clear()
    site.write_back()
    assert site.arrived() == EDITED
    assert site.error(bad) is None


@pytest.mark.parametrize("failure", SORTS)
def test_given_a_probe_that_is_refused_twice_then_the_record_is_not_gone(site, failure):
    bad, gone = site.refs[1], site.refs[2]
    site.remote.failing["fetch", bad.resource_id] = failure
    site.remote.issues[gone.resource_id].visible = False

    site.census()
    site.world.now_ += timedelta(hours=1)
    counted = site.census()

    assert (counted.missing, counted.unreadable, counted.gone) == (1, 1, 1)
    assert site.store.rows[gone.resource_id].local.remote_state == "gone"
    row = site.store.rows[bad.resource_id].local
    assert (row.remote_state, row.missing_since) == ("present", None)
    assert site.error(bad) is not None


def test_given_a_dry_run_then_a_bad_record_is_a_line_and_nothing_is_noted(site):
    bad = site.refs[1]
    site.edit_all()
    site.remote.failing["fetch", bad.resource_id] = lambda: RemoteRefused("refused with HTTP 403", status=403)

    planned = plan_records(site.store, site.remote, site.refs, site.run(), proved=True)

    assert [(item.key, item.side) for item in planned.items if item.field == WHOLE_RECORD] == [(bad.key, "error")]
    assert site.error(bad) is None
    done = reconcile_records(site.store, site.remote, site.store.to_decide(), site.run(), proved=True)
    assert sorted(planned.items, key=str) == sorted(done.items, key=str)


# --- what is not asked ---


def test_given_more_edits_than_a_guard_allows_then_it_stops_before_a_request_is_spent(site):
    site.edit_all()
    asked = site.remote.asked = []

    for _ in range(2):
        with pytest.raises(SyncHalted, match="30 writes to 30 records"):
            send_edits(site.store, site.remote, site.run(), Overrides())

    assert asked == []
    send_edits(site.store, site.remote, site.run(), ALLOWED)
    assert site.arrived() == EDITED


def test_given_open_conflicts_then_they_are_read_again_only_when_a_side_moves(site):
    site.edit_all()
    for ref in site.refs:
        site.remote.edit(ref.resource_id, "title", "theirs")
    merge_pulled(site.store, site.remote, site.refs, site.run())
    asked = site.remote.asked = []

    send_edits(site.store, site.remote, site.run(), ALLOWED)
    untouched = list(asked)
    site.store.edit(site.refs[0].resource_id, "title", "mine, again")
    site.store.edit(site.refs[1].resource_id, "due_date", "2026-05-01")
    send_edits(site.store, site.remote, site.run(), ALLOWED)

    assert untouched == []
    assert {ref.key for ref in asked} == {site.refs[0].key, site.refs[1].key}
    assert [c.local for c in site.store.conflicts.values() if c.ref == site.refs[0]] == ["mine, again"]
    assert site.remote.issues[site.refs[1].resource_id].values["due_date"] == "2026-05-01"


# --- the site ---


def test_given_busy_answers_in_a_row_then_the_site_is_taken_for_busy(site):
    site.edit_all()
    for ref in site.refs:
        site.remote.failing["fetch", ref.resource_id] = lambda: RemoteBusy(BUSY, about_one_record=True)

    with pytest.raises(RemoteBusy):
        site.write_back()

    assert site.arrived() == 0


def test_given_a_rate_limit_then_no_row_is_to_blame(site):
    site.edit_all()
    for ref in site.refs:
        site.remote.failing["fetch", ref.resource_id] = lambda: RemoteBusy("the quota is used up")

    with pytest.raises(RemoteBusy, match="quota"):
        site.write_back()

    assert [site.error(ref) for ref in site.refs] == [None] * EDITED
