"""Documents of a self-hosted Confluence, as they come and spoiled, read as records."""

import copy
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.systems.confluence import data_center_wire as told
from javis_pipeline.systems.confluence import wire

KEY = "4028b88158c33f4a0158c3403b8e0001"
PAGE: dict[str, Any] = {
    "id": "10158168",
    "type": "page",
    "status": "current",
    "title": "Plan",
    "space": {"id": 98306, "key": "ENG", "name": "Engineering", "status": "CURRENT", "type": "global"},
    "history": {
        "latest": True,
        "createdBy": {"type": "known", "username": "ann", "userKey": KEY, "displayName": "Ann"},
        "createdDate": "2026-03-02T13:00:00.000+01:00",
    },
    "version": {
        "by": {"type": "known", "username": "ann", "userKey": KEY, "displayName": "Ann"},
        "when": "2026-07-02T14:00:00.000+02:00",
        "message": "Better",
        "number": 7,
        "minorEdit": False,
    },
    "ancestors": [{"id": "10", "type": "page", "title": "Top"}, {"id": "11", "type": "page", "title": "Above"}],
    "body": {"storage": {"value": "<p>x</p>", "representation": "storage"}},
    "metadata": {
        "labels": {
            "results": [
                {"prefix": "global", "name": "b", "id": "1", "label": "b"},
                {"prefix": "my", "name": "mine", "id": "2", "label": "mine"},
                {"prefix": "global", "name": "a", "id": "3", "label": "a"},
            ],
            "start": 0,
            "limit": 200,
            "size": 3,
            "_links": {"self": "http://localhost/label"},
        }
    },
    "extensions": {"position": "none"},
}
SPACE = {"id": 98306, "key": "ENG", "name": "Engineering", "status": "ARCHIVED", "homepage": {"id": "98307"}}
ODD: list[Any] = [None, 7, -1, 2**70, True, "x", "", [], ["x"], [[]], {}, {"a": 1}, {"results": None}, 1.5]


def test_a_page_is_read_with_all_that_it_tells() -> None:
    page = wire.parse_page(told.page(PAGE), "ENG")

    assert page == (
        *("10158168", "ENG", "98306", "Plan", "<p>x</p>", "11", "page", "current", 7),
        *(datetime(2026, 7, 2, 12, tzinfo=UTC), KEY, "Better", KEY, ["a", "b"]),
        datetime(2026, 3, 2, 12, tzinfo=UTC),
    )


def test_what_was_not_asked_for_is_missing_and_a_part_of_the_labels_is_none() -> None:
    bare = {name: part for name, part in PAGE.items() if name not in ("body", "metadata", "ancestors")}
    many = copy.deepcopy(PAGE)
    many["metadata"]["labels"]["_links"]["next"] = "/rest/api/content/10158168/label?start=200"

    page = wire.parse_page(told.page(bare), "ENG")

    assert (page.body_storage, page.labels, page.parent_id) == (MISSING, MISSING, None)
    assert wire.parse_page(told.page(many), "ENG").labels is MISSING


def test_people_and_spaces_are_read() -> None:
    assert wire.parse_space(told.space(SPACE)) == ("98306", "ENG", "Engineering", "archived", "98307")
    assert wire.parse_identity(told.user(PAGE["version"]["by"])).account_id == KEY
    with pytest.raises(UnreadableRecord):
        wire.parse_identity(told.user({"type": "anonymous", "displayName": "Anonymous"}))
    assert told.label_names(PAGE) == ["b", "a"]


def places(document: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all that is in a document."""
    yield path
    inside: Iterable[tuple[Any, object]] = ()
    if isinstance(document, dict):
        inside = document.items()
    elif isinstance(document, list):
        inside = enumerate(document)
    for name, part in inside:
        yield from places(part, (*path, name))


def spoiled(document: object) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Copies with an odd value in one place, and the path of that."""
    for path in places(document):
        for value in ODD:
            holder = {"all": copy.deepcopy(document)}
            inside: Any = holder
            for name in ("all", *path)[:-1]:
                inside = inside[name]
            inside[("all", *path)[-1]] = value
            yield path, holder["all"]


def test_a_spoiled_page_is_read_or_refused_by_name_and_nothing_else_happens() -> None:
    refused = 0
    for path, document in spoiled(PAGE):
        told.label_names(document)
        try:
            page = wire.parse_page(told.page(document), "ENG")
        except UnreadableRecord:
            refused += 1
        else:
            is_same = (page.page_id, page.title, page.version_number) == ("10158168", "Plan", 7)
            assert is_same or path[-1] in ("id", "title", "number"), (path, document)

    assert refused > 100


def test_a_spoiled_space_is_read_or_refused_by_name() -> None:
    for path, document in spoiled(SPACE):
        try:
            space = wire.parse_space(told.space(document))
        except UnreadableRecord:
            continue
        assert space.key == "ENG" or path == ("key",), (path, document)
