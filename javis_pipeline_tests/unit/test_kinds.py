"""A kind that is declared in part, or twice, is refused at import with a word that says which."""

from collections.abc import Callable
from typing import Any

import pytest

from javis_pipeline.errors import WronglyDeclared
from javis_pipeline.records.tables import Place
from javis_pipeline.settings import Settings
from javis_pipeline.sync.codecs import Labels, Line, Plain
from javis_pipeline.sync.fields import Field, Kind, kinds_by_name, make_kind, with_fields
from javis_pipeline.systems.confluence.kind import CONFLUENCE_PAGE
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline.wiring import check_systems

PLACE = Place(name="links", id="id", key="id", scope="scope", revision="seen_at", instants=frozenset())


NOTHING: Any = None
A_CLASS: Any = Line


def a_kind(*fields: Field, name: str = "jira_issue", place: Place | None = PLACE, system: Any = "jira") -> Kind:
    return make_kind(name, *fields, system=system, place=place, revision=frozenset())


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: a_kind(Field("title", Line()), place=None), "kind jira_issue has no table, but None"),
        (lambda: Field("title", NOTHING), "field title has no codec, but None"),
        (lambda: Field("title", A_CLASS), "field title has no codec, but <class"),
        (lambda: Field("labels", Labels(), "edit"), "field labels is a set, and its column is text, not text"),
        (lambda: a_kind(Field("title", Line()), Field("title", Plain())), "kind jira_issue has two fields .*: title"),
        (lambda: kinds_by_name(JIRA_ISSUE, CONFLUENCE_PAGE, JIRA_ISSUE), "two kinds are called jira_issue"),
        (lambda: kinds_by_name(a_kind(), a_kind(name="link")), "two kinds are kept in links"),
        (
            lambda: check_systems({"todo": a_kind(name="todo", system="tracker")}, Settings.model_fields),
            "kind todo is of system tracker, of which no setting is known: TRACKER_URL",
        ),
        (
            lambda: a_kind(Field("more", Plain(), "edit", type="jsonb")),
            "field more cannot be edited on both sides: a jsonb cannot be hashed",
        ),
        (lambda: with_fields(JIRA_ISSUE, Field("more", Line())), "field more is another one .* jira_issue, or none"),
        (lambda: with_fields(JIRA_ISSUE, Field("title", Line())), "field title is another one in kind jira_issue"),
    ],
    ids=[
        "no table",
        "no codec",
        "a class",
        "a set",
        "a field twice",
        "a name twice",
        "a table twice",
        "an unknown system",
        "a document",
        "no such field",
        "another field",
    ],
)
def test_given_a_wrong_declaration_then_the_error_says_which(declare: Callable[[], object], message: str) -> None:
    with pytest.raises(WronglyDeclared, match=message):
        declare()
