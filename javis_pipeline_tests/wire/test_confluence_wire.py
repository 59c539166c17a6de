"""Confluence's documents as records: what each form becomes, and what is refused."""

import copy
from datetime import UTC, datetime

import pytest

from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.records.confluence import Page, Space
from javis_pipeline.systems.confluence import wire

DOCUMENT = {
    "id": "65540",
    "status": "current",
    "title": "Runbook & Ärger",
    "spaceId": "131",
    "parentId": "65001",
    "parentType": "page",
    "authorId": "acc:ann",
    "createdAt": "2026-09-01T08:00:00.000Z",
    "version": {"number": 3, "message": "", "authorId": "acc:bob", "createdAt": "2026-09-02T08:00:00.500Z"},
    "body": {"storage": {"representation": "storage", "value": "<p>Hi</p>"}},
    "labels": {"results": [{"id": "1", "name": "ops", "prefix": "global"}], "meta": {"hasMore": False}},
    "_links": {"webui": "/x"},
}


def a_page(**changes: object) -> Page:
    document = copy.deepcopy(DOCUMENT) | changes
    return wire.parse_page({name: value for name, value in document.items() if value is not ...}, "ENG")


def test_given_a_page_then_every_column_is_read():
    assert a_page() == Page(
        page_id="65540",
        space_key="ENG",
        space_id="131",
        title="Runbook & Ärger",
        body_storage="<p>Hi</p>",
        parent_id="65001",
        parent_type="page",
        status="current",
        version_number=3,
        version_created_at=datetime(2026, 9, 2, 8, 0, 0, 500000, tzinfo=UTC),
        version_author_id="acc:bob",
        version_message=None,
        author_id="acc:ann",
        labels=["ops"],
        created_at=datetime(2026, 9, 1, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize("body", [..., {}, None, {"view": {"value": "x"}}])
def test_given_no_storage_body_then_it_is_missing_and_not_empty(body):
    assert a_page(body=body).body_storage is MISSING


def test_given_an_empty_body_then_it_is_empty():
    assert a_page(body={"storage": {"value": ""}}).body_storage == ""


@pytest.mark.parametrize("labels", [..., None, {"results": [{"name": "ops"}], "meta": {"hasMore": True}}])
def test_given_no_labels_or_a_part_of_them_then_they_are_missing(labels):
    assert a_page(labels=labels).labels is MISSING


def test_personal_labels_are_left_out():
    labels = {"results": [{"name": "b", "prefix": "global"}, {"name": "x", "prefix": "my"}, {"name": "a"}]}

    assert a_page(labels=labels).labels == ["a", "b"]


@pytest.mark.parametrize("parent", [None, ""])
def test_given_a_page_at_the_root_then_it_has_no_parent(parent):
    assert a_page(parentId=parent, parentType=None).parent_id is None


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"title": ...}, "title"),
        ({"version": ...}, "version"),
        ({"version": {"number": "3", "createdAt": "2026-09-02T08:00:00.500Z"}}, "version.number"),
        ({"version": {"number": 3}}, "version.createdAt"),
        ({"body": {"storage": {"value": None}}}, "body.storage.value"),
        ({"spaceId": None}, "spaceId"),
    ],
)
def test_given_what_confluence_does_not_document_then_the_page_is_refused_with_the_path(changes, path):
    with pytest.raises(UnreadableRecord, match=f"confluence page 65540 cannot be read: {path}: ") as refused:
        a_page(**changes)

    assert refused.value.remote_id == "65540"


def test_given_a_space_with_a_number_as_id_then_it_is_text():
    assert wire.parse_space({"id": 131, "key": "ENG", "name": "Engineering"}) == Space(
        "131", "ENG", "Engineering", "current", None
    )


@pytest.mark.parametrize(
    ("readers", "told"),
    [
        ({"user": {"results": [], "size": 0}, "group": {"results": [], "size": 0}}, None),
        ({}, None),
        ({"user": None, "group": {"results": None}}, None),
        (
            {"user": {"results": [{"accountId": "u1"}]}, "group": {"results": [{"name": "Board"}]}},
            "group:Board, user:u1",
        ),
        ({"user": {"results": [{"accountType": "atlassian"}]}}, "user:unnamed"),
        ({"group": {"results": [], "size": 2}}, "group:unnamed"),
    ],
    ids=["nobody alone", "no lists", "empty lists", "a person and a group", "without a name", "counted and not shown"],
)
def test_who_may_read_a_page(readers, told):
    restriction = {"operation": "read", "restrictions": readers}

    assert wire.parse_restriction(restriction, "7") == told
    assert wire.parse_restrictions([{"id": "7", "restrictions": {"read": restriction}}]) == {"7": told}


@pytest.mark.parametrize(
    "restrictions",
    [
        None,
        {},
        {"read": None},
        {"read": {}},
        {"read": {"restrictions": []}},
        {"read": {"restrictions": {"user": "u1"}}},
    ],
)
def test_given_a_page_that_does_not_tell_who_may_read_it_then_it_is_not_told_of(restrictions):
    documents = [{"id": "7", "restrictions": restrictions}, {"id": "8", "restrictions": {"read": {"restrictions": {}}}}]

    assert wire.parse_restrictions(documents) == {"8": None}
