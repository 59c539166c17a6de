"""A record and its history, each read at its own moment: what changes between the two is told by one of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from javis_pipeline.records.sync import FieldChange, Operation, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.look import Seen, look_after_history
from javis_pipeline.steps.ports import OneByOne

REF = ResourceRef(resource_type="jira_issue", resource_id="10001", scope="OPS", key="OPS-1")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class BusyIssue(OneByOne):
    """An issue whose title somebody changes just after it was read for the first time."""

    def __init__(self, *, tells_history: bool = False) -> None:
        self.asked: list[str] = []
        self.tells_history = tells_history
        self.titles = ["old"]

    @property
    def changes(self) -> list[FieldChange]:
        return [
            FieldChange(
                entry_id=str(number), field="title", author_id="ann", at=NOON + timedelta(minutes=number),
                old=None, new=title,
            )
            for number, title in enumerate(self.titles)
        ]  # fmt: skip

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        self.asked.append("record")
        changes = self.changes
        told = changes if self.tells_history else None
        found = RemoteRecord(
            ref=ref, values={"title": self.titles[-1]}, facts={}, revision=changes[-1].at, changes=told
        )
        if self.asked == ["record"]:
            self.titles.append("new")
        return found

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        del ref
        self.asked.append("history")
        return self.changes

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        raise AssertionError("who looks sends nothing")


def test_given_a_change_between_the_record_and_its_history_then_the_record_that_is_sent_onto_has_it():
    issue = BusyIssue()

    seen = look_after_history(issue, REF)

    assert isinstance(seen, Seen)
    assert seen.record.values["title"] == seen.history[-1].new == "new"
    assert issue.asked == ["record", "history", "record"]


def test_given_a_record_that_tells_its_history_then_one_request_is_enough():
    issue = BusyIssue(tells_history=True)

    seen = look_after_history(issue, REF)

    assert isinstance(seen, Seen)
    assert seen.record.values["title"] == seen.history[-1].new == "old"
    assert issue.asked == ["record"]
