"""One issue or page that a site cannot give costs that one; the others of its batch are read."""

from typing import Any

import pytest

from javis_pipeline.errors import RemoteBusy, RemoteMissing, RemoteRefused
from javis_pipeline.records.confluence import PageStamp, Space
from javis_pipeline.records.jira import FieldMap, IssueStamp
from javis_pipeline.systems.confluence.reader import PageReader
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline.systems.jira.reader import BatchReader
from javis_pipeline.systems.jira.reading import ReadAs, read_issue_documents

AT = "2026-03-02T12:00:00.000+0000"
OPS = ReadAs("OPS", FieldMap(), JIRA_ISSUE.table)
BUSY = RemoteBusy("HTTP 500", about_one_record=True)


def an_issue_document(jira_id: str) -> dict[str, Any]:
    option = {"id": "1", "name": "Some", "statusCategory": {"key": "new"}}
    fields = {"summary": "Some", "status": option, "issuetype": option, "created": AT, "updated": AT}
    return {"id": jira_id, "key": f"OPS-{jira_id}", "fields": fields}


class Jira:
    """Gives all issues but the bad ones, in the way that `error` says."""

    bulk_limit = 100
    tells_histories = False

    def __init__(self, bad: set[str], error: Exception) -> None:
        self.bad, self.error, self.asked = bad, error, 0

    def bulk_fetch(self, ids, fields, read):
        self.asked += 1
        if self.bad & set(ids):
            raise self.error
        found = [an_issue_document(jira_id) for jira_id in ids]
        return read_issue_documents(found, ids, OPS)

    def get_issue(self, issue, fields=None):
        if issue in self.bad:
            raise self.error
        return an_issue_document(issue)

    def changelog_bulk(self, ids, field_ids, read, *, lost):
        raise RemoteRefused("no", status=403)


def read(jira: Jira, count: int = 100):
    wanted = [IssueStamp(str(number), f"OPS-{number}", None) for number in range(1, count + 1)]
    return BatchReader(jira, "OPS", FieldMap()).read(wanted)  # type: ignore[arg-type] # as much of a client as it asks for


@pytest.mark.parametrize("error", [BUSY, RemoteRefused("no", status=403)], ids=["500", "403"])
@pytest.mark.parametrize("bad", [{"1"}, {"100"}, {"17", "58"}], ids=["the first", "the last", "two"])
def test_given_issues_that_jira_cannot_give_then_the_others_are_read(bad, error):
    batch = read(Jira(bad, error))

    assert len(batch.issues) == 100 - len(bad)
    assert {one.remote_id for one in batch.unreadable} == bad


def test_given_a_site_that_gives_nothing_then_the_run_ends_soon():
    jira = Jira({str(number) for number in range(1, 101)}, BUSY)

    with pytest.raises(RemoteBusy):
        read(jira)

    assert jira.asked <= 20


def test_given_a_limit_of_the_rate_then_nothing_is_asked_in_halves():
    jira = Jira({"5"}, RemoteBusy("rate limited"))

    with pytest.raises(RemoteBusy):
        read(jira)

    assert jira.asked == 1


def test_given_an_issue_twice_or_unasked_in_an_answer_then_each_asked_one_is_read_once():
    documents = [an_issue_document(one) for one in ("1", "2", "1", "3")]

    found = read_issue_documents(documents, ["1", "2"], OPS)

    assert [line.jira_id for line in found.issues] == ["1", "2"]


@pytest.mark.parametrize("document", [None, 5, "x", [], {}, {"id": True}, {"id": ["1"]}, {"id": {"id": "1"}}])
def test_given_something_that_is_no_issue_in_an_answer_then_the_others_are_read(document):
    found = read_issue_documents([document, an_issue_document("1")], ["1"], OPS)

    assert [line.jira_id for line in found.issues] == ["1"]


def test_given_a_field_nested_deeper_than_json_goes_then_the_issue_is_kept_aside_and_says_so():
    deep: list[Any] = []
    for _ in range(900):
        deep = [deep]
    bad = an_issue_document("1")
    bad["fields"]["customfield_1"] = deep

    found = read_issue_documents(
        [bad, an_issue_document("2")], ["1", "2"], OPS._replace(custom={"customfield_1": "other"})
    )

    assert [line.jira_id for line in found.issues] == ["2"]
    assert found.unreadable[0].payload == {"id": "1", "not kept": "nested too deep"}


class DataCenter(Jira):
    """Can be asked for histories with the issues, but gives none together that hold one of `bad`."""

    tells_histories = True

    def bulk_fetch(self, ids, fields, read, *, histories=False):
        self.asked += 1
        if histories and self.bad & set(ids):
            raise self.error
        found = [an_issue_document(jira_id) | ({"changelog": a_history()} if histories else {}) for jira_id in ids]
        return read_issue_documents(found, ids, OPS)

    def changelog_bulk(self, ids, field_ids, read, *, lost):
        for jira_id in ids:
            self.asked_alone.append(jira_id)
            lost(jira_id, BUSY)
        return iter(())

    def __init__(self, bad: set[str], error: Exception) -> None:
        super().__init__(bad, error)
        self.asked_alone: list[str] = []


def a_history(total: int = 1) -> dict[str, Any]:
    item = {"field": "status", "from": "1", "fromString": "Some", "to": "2", "toString": "Other"}
    entry = {"id": "77", "created": AT, "author": {"key": "JIRAUSER1", "displayName": "Ann"}, "items": [item]}
    return {"startAt": 0, "total": total, "histories": [entry]}


def test_given_histories_that_came_with_the_issues_then_they_are_not_asked_for():
    jira = DataCenter(set(), BUSY)

    batch = read(jira)

    assert jira.asked == 1
    assert jira.asked_alone == []
    line = batch.satellites["status_changes"]["17"]
    assert line == b"17\t77\tJIRAUSER1\t1\tSome\t2\tOther\t2026-03-02T12:00:00+00:00\n"
    assert batch.users["JIRAUSER1"].display_name == "Ann"


def test_given_histories_that_do_not_come_along_then_the_issues_come_alone_and_histories_are_asked_for_by_themselves():
    jira = DataCenter({"17"}, BUSY)

    batch = read(jira)

    assert len(batch.issues) == 100
    assert jira.asked == 2
    assert len(jira.asked_alone) == 100


@pytest.mark.parametrize(
    "log", [None, a_history(total=2), {"histories": 5}, a_history() | {"startAt": 1}], ids=["no", "cut", "odd", "late"]
)
def test_given_a_history_that_is_not_all_then_it_is_not_taken(log):
    document = an_issue_document("1") | {"changelog": log}

    found = read_issue_documents([document], ["1"], OPS)

    assert [line.jira_id for line in found.issues] == ["1"]
    assert "1" not in found.satellites["status_changes"]


class Confluence:
    """The same for pages."""

    def __init__(self, bad: set[str], error: Exception) -> None:
        self.bad, self.error = bad, error

    def fetch_pages(self, page_ids):
        raise self.error

    def get_page(self, page_id, labels=False, versions=False, marks=False):
        if page_id in self.bad:
            raise self.error
        version = {"number": 1, "createdAt": AT}
        page = {"id": page_id, "spaceId": "7", "title": "Some", "status": "current", "version": version}
        return {**page, "body": {"storage": {"value": ""}}, "labels": {"results": []}}


@pytest.mark.parametrize("singly", [False, True], ids=["together", "singly"])
@pytest.mark.parametrize("error", [BUSY, RemoteRefused("no", status=403)], ids=["500", "403"])
def test_given_pages_that_confluence_cannot_give_then_the_others_are_read(singly, error):
    confluence = Confluence({"3"}, error)
    reader = PageReader(confluence, Space("7", "ENG", "", "current", None), singly=singly)  # type: ignore[arg-type] # as above

    batch = reader.read([PageStamp(str(number)) for number in range(1, 6)])

    assert [row.page_id for row in batch.rows] == ["1", "2", "4", "5"]
    assert [one.remote_id for one in batch.unreadable] == ["3"]


def test_given_a_page_that_is_gone_then_it_is_absent_and_not_unreadable():
    confluence = Confluence({"3"}, RemoteMissing("gone"))
    reader = PageReader(confluence, Space("7", "ENG", "", "current", None), singly=True)  # type: ignore[arg-type] # as above

    assert reader.read([PageStamp("3")]).absent == ["3"]
