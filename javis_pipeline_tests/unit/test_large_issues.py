"""Issues of many kilobytes: fewer are asked for together, so that what is held at once stays as large."""

from typing import Any

import orjson
import pytest

from javis_pipeline.errors import RemoteRefused
from javis_pipeline.records.jira import FieldMap, IssueStamp
from javis_pipeline.steps.batches import in_batches
from javis_pipeline.systems.jira.reader import ANSWER_BYTES, BatchReader

AT = "2026-03-02T12:00:00.000+0000"


class Jira:
    """Gives issues with a summary of so many bytes, but for those that have one of their own."""

    bulk_limit = 100
    tells_histories = False

    def __init__(self, summary: int, **others: int) -> None:
        self.summary, self.others = summary, {name.removeprefix("_"): size for name, size in others.items()}
        self.asked: list[int] = []
        self.answered: list[int] = []

    def bulk_fetch(self, ids, fields, read):
        answer = orjson.dumps({"issues": [self.document(jira_id) for jira_id in ids]})
        self.asked.append(len(ids))
        self.answered.append(len(answer))
        return read(answer)

    def document(self, jira_id: str) -> dict[str, Any]:
        option = {"id": "1", "name": "Some", "statusCategory": {"key": "new"}}
        summary = "x" * self.others.get(jira_id, self.summary)
        fields = {"summary": summary, "status": option, "issuetype": option, "created": AT, "updated": AT}
        return {"id": jira_id, "key": f"OPS-{jira_id}", "fields": fields}

    def changelog_bulk(self, ids, field_ids, read, *, lost):
        raise RemoteRefused("no", status=403)


def batches(jira: Jira, count: int):
    reader = BatchReader(jira, "OPS", FieldMap())  # type: ignore[arg-type] # as much of a client as it asks for
    stamps = [IssueStamp(str(number), f"OPS-{number}", None) for number in range(1, count * 200 + 1)]
    return [reader.read(some) for some in in_batches(stamps, 200)]


@pytest.mark.parametrize("size", [15_000, 60_000, 200_000])
def test_given_large_issues_then_answers_become_no_larger_than_a_megabyte(size):
    jira = Jira(size)

    found = batches(jira, 4)

    assert [len(batch.issues) for batch in found] == [200] * 4
    assert max(jira.answered[-4:]) <= 1.1 * ANSWER_BYTES


def test_given_issues_of_a_usual_size_then_as_many_as_possible_are_asked_for_together():
    jira = Jira(9_000)

    batches(jira, 4)

    assert jira.asked == [100] * 8


def test_given_one_huge_issue_then_the_others_still_come_in_few_requests():
    jira = Jira(5_000, _50=50 * ANSWER_BYTES)

    found = batches(jira, 4)

    assert sum(len(batch.issues) for batch in found) == 800
    assert len(jira.asked) <= 10
