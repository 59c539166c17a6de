"""Which entries of a record's history are ours, and what became of a write; by table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.sync import FieldChange, Operation, RemoteRecord
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.sync.evidence import Verdict, is_ours, judge, may_be_ours
from javis_pipeline.sync.run import Rules, Run
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.sync_memory import CATALOG, OUR_ACCOUNT

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OURS, OTHER = UUID(int=1), UUID(int=2)
REF = ResourceRef(resource_type="jira_issue", resource_id="10001", scope="OPS", key="OPS-1")
OP = Operation(
    op_id=OURS,
    ref=REF,
    kind="edit",
    fields=("title", "labels"),
    expected={"title": "before"},
    desired={"title": "mine"},
    local={"title": "mine", "labels": ("new",)},
    add={"labels": ("new",)},
    remove={"labels": ("old",)},
    local_seq=1,
    created_at=NOON,
    run_id="run-1",
    state="sent",
    evidence={"seen": ["e0"], "entries": ["e9"]},
    sent_at=NOON,
)


def a_run(now: datetime = NOON) -> Run:
    return Run(
        run_id="run-2",
        now=lambda: now,
        new_id=lambda: OTHER,
        account_id=OUR_ACCOUNT,
        kind=JIRA_ISSUE,
        catalog=CATALOG,
        rules=Rules(),
    )


def an_entry(
    entry_id: str = "e1",
    field: str = "title",
    new: Value | Missing = "mine",
    *,
    author: str = OUR_ACCOUNT,
    op_id: UUID | None = None,
) -> FieldChange:
    return FieldChange(entry_id=entry_id, field=field, author_id=author, at=NOON, old="before", new=new, op_id=op_id)


def a_record(marker: UUID | None = None, title: Value | Missing = "before", labels: Value = ("old",)) -> RemoteRecord:
    return RemoteRecord(ref=REF, values={"title": title, "labels": labels}, facts={}, revision=NOON, marker=marker)


@pytest.mark.parametrize(
    ("change", "marker", "ours", "may_be"),
    [
        pytest.param(an_entry(op_id=OURS), None, True, True, id="marked as ours"),
        pytest.param(an_entry(op_id=OTHER), OURS, False, False, id="marked as another's"),
        pytest.param(an_entry(), OURS, True, True, id="unmarked, and the record vouches for it"),
        pytest.param(an_entry(), OTHER, False, True, id="unmarked, and the record bears another's mark"),
        pytest.param(an_entry(), None, False, True, id="unmarked, and so is the record"),
        pytest.param(an_entry(author="u1"), OURS, False, False, id="somebody else's who wanted the same"),
        pytest.param(an_entry(new="other"), OURS, False, False, id="another value"),
        pytest.param(an_entry("e0"), OURS, False, False, id="seen before we wrote"),
        pytest.param(an_entry("e9"), OURS, False, False, id="told already"),
        pytest.param(an_entry("e9", op_id=OURS), OURS, False, True, id="marked, and told already"),
        pytest.param(an_entry(field="priority"), OURS, False, False, id="of a field that we did not write"),
        pytest.param(an_entry(new=MISSING), OURS, False, True, id="a text of which only words are told"),
        pytest.param(an_entry(field="labels", new=("new", "x")), OURS, True, True, id="a set that holds what we did"),
        pytest.param(an_entry(field="labels", new=("new", "old")), OURS, False, False, id="a set with what we removed"),
        pytest.param(an_entry(field="labels", new=("x",)), OURS, False, False, id="a set without what we added"),
    ],
)
def test_whose_an_entry_is(change: FieldChange, marker: UUID | None, ours: bool, may_be: bool) -> None:
    assert is_ours(OP, change, a_record(marker), a_run()) is ours
    assert may_be_ours(OP, change, a_run()) is may_be


BOTH = (an_entry("e1"), an_entry("e2", "labels", ("new",)))


@pytest.mark.parametrize(
    ("record", "changes", "seconds", "verdict"),
    [
        pytest.param(a_record(OURS), (), 0, Verdict("applied", {"by": "marker"}), id="the record bears our mark"),
        pytest.param(
            a_record(), (an_entry(op_id=OURS),), 0, Verdict("applied", {"by": "marker"}), id="so does its history"
        ),
        pytest.param(
            a_record(), BOTH, 0, Verdict("applied", {"by": "history", "entries": ["e1"]}), id="an entry for each scalar"
        ),
        pytest.param(a_record(), BOTH[1:], 0, Verdict("wait", {}), id="an entry for the set alone tells nothing"),
        pytest.param(
            a_record(title="mine", labels=("new",)), (), 0, Verdict("applied", {"by": "value"}), id="it holds all of it"
        ),
        pytest.param(a_record(title="mine"), (), 0, Verdict("wait", {}), id="it holds a part of it"),
        pytest.param(a_record(title=MISSING, labels=("new",)), (), 0, Verdict("wait", {}), id="a part was not read"),
        pytest.param(None, (), 0, Verdict("wait", {}), id="not found"),
        pytest.param(a_record(OTHER), (), 119, Verdict("wait", {}), id="just before the limit"),
        pytest.param(a_record(OTHER), (), 120, Verdict("abandon", {"by": "time"}), id="at the limit"),
        pytest.param(a_record(), (), -120, Verdict("abandon", {"by": "time"}), id="a clock that was set back"),
        pytest.param(None, (), 120, Verdict("abandon", {"by": "time"}), id="not found, and the limit is over"),
    ],
)
def test_what_became_of_a_write(
    record: RemoteRecord | None, changes: tuple[FieldChange, ...], seconds: float, verdict: Verdict
) -> None:
    run = a_run(NOON + timedelta(seconds=seconds))
    run = replace(run, rules=replace(run.rules, request_limit=timedelta(seconds=120)))

    assert judge(OP, record, changes, run) == verdict
    assert judge(OP, record, changes, run, replied=True) == Verdict("applied", {"by": "reply"})
