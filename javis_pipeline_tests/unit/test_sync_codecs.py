"""How the value of each sort of field is read, and which values can go out; the reason names the remedy."""

from dataclasses import replace
from decimal import Decimal

import pytest

from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import Codec, Day, Labels, Line, LossyEdit, Number, UnreadableValue
from javis_pipeline.sync.element_codecs import Address, Amount, Instant, ShortText, not_a_choice, not_a_set
from javis_pipeline.sync.known_codecs import Account, Key, Named
from javis_pipeline.sync.text_codecs import LARGEST_BODY, LONGEST_DESCRIPTION
from javis_pipeline.systems.confluence.kind import CONFLUENCE_PAGE
from javis_pipeline.systems.jira.kind import DATA_CENTER_ISSUE, JIRA_ISSUE

CATALOG = Catalog(
    statuses={"To Do": ("1",), "Done": ("3", "4")},
    priorities={"High": "2"},
    users={"u1": "Ann", "u2": "Bob", "u3": "Bob"},
)
PARENT = CONFLUENCE_PAGE.fields["parent_id"].codec
BODY = CONFLUENCE_PAGE.fields["body_storage"].codec
DESCRIPTION = JIRA_ISSUE.fields["description"].codec
WIKI = DATA_CENTER_ISSUE.fields["description"].codec


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (Line(), "x"),
        (Line(), "x" * 255),
        (Day(), None),
        (Day(), "1970-01-01"),
        (Day(), "9999-12-31"),
        (Number(), None),
        (Number(), 0),
        (Number(), Decimal("0.5")),
        (Number(), 10**15),
        (Number(), -(10**15)),
        (Named("priority"), None),
        (Named("priority"), "High"),
        (Named("status"), "Done"),
        (Account(), None),
        (Account(), "u1"),
        (Account(), "557058:nobody-has-seen_me"),
        (Key(), None),
        (Key(), "OPS-7"),
        (Key(), "10042"),
        (BODY, ""),
        (BODY, "<p>x</p>"),
        (DESCRIPTION, None),
        (DESCRIPTION, "x" * LONGEST_DESCRIPTION),
        (WIKI, None),
        (WIKI, "{code}unclosed"),
        (WIKI, "x" * LONGEST_DESCRIPTION),
        (ShortText(), None),
        (ShortText(), "x"),
        (Address(), None),
        (Address(), "https://example.com/a?b=c"),
        (Amount(), None),
        (Amount(), Decimal("0.5")),
    ],
)
def test_what_can_go_out(codec: Codec, value: Value) -> None:
    assert codec.problem(value, CATALOG) is None


@pytest.mark.parametrize(
    ("codec", "value", "reason"),
    [
        (Line(), None, "must not be empty; give it a text"),
        (Line(), " \t", "must not be empty; give it a text"),
        (Line(), "a\nb", "must be one line; remove the line breaks"),
        (Line(), "a\rb", "must be one line; remove the line breaks"),
        (Line(), "x" * 256, "is 256 characters long; at most 255 are possible: shorten it"),
        (Day(), "1969-12-31", "is not a date from 1970-01-01 to 9999-12-31"),
        (Day(), "infinity", "is not a date from 1970-01-01 to 9999-12-31"),
        (Number(), "7", "7 is not a number; set one, or NULL for none"),
        (Number(), 10**15 + 1, "is larger than Jira keeps; use at most 15 digits"),
        (Number(), -(10**15) - 1, "is larger than Jira keeps; use at most 15 digits"),
        (Number(), Decimal("0.1234567890123456789"), "has more digits than Jira keeps; use at most 15"),
        (Named("status"), None, "must not be empty; set a status"),
        (Named("status"), "Dome", "'Dome' is not a status here; set one of: Done"),
        (Named("priority"), "zzz", "'zzz' is not a priority here; set one of: High"),
        (Account(), "Ann", "'Ann' is a name; set the account id instead: u1"),
        (Account(), "Bob", "'Bob' is a name; set the account id instead: u2, u3"),
        (Account(), "Ann Other", "'Ann Other' is not an account id; the table users lists those that are known"),
        (Key(), "ops-7", "'ops-7' is not a key such as OPS-7; set one, or NULL for none"),
        (Key(), "OPS-0", "'OPS-0' is not a key such as OPS-7; set one, or NULL for none"),
        (PARENT, None, "a page cannot be moved to the top of its space from here"),
        (PARENT, "new-abcdefgh", "page new-abcdefgh is not made in Confluence"),
        (PARENT, "OPS-1", "'OPS-1' is not the id of a page"),
        (BODY, None, "must not be NULL; for a page without any text set ''"),
        (BODY, "x" * (LARGEST_BODY + 1), "; shorten it"),
        (DESCRIPTION, "x" * (LONGEST_DESCRIPTION + 1), "is 32768 characters long; at most 32767 are possible: shorten"),
        (BODY, "<p>open", "is not what Confluence can store: "),
        (WIKI, "x" * (LONGEST_DESCRIPTION + 1), "is 32768 characters long; at most 32767 are possible: shorten"),
        (ShortText(), "a\nb", "must be one line; remove the line breaks"),
        (Address(), "example", "'example' is not an address; it should begin like https://"),
        (Amount(), True, "True is not a number; set one, or null for none"),
    ],
)
def test_what_cannot_go_out_and_the_remedy(codec: Codec, value: Value, reason: str) -> None:
    problem = codec.problem(value, CATALOG)

    assert problem is not None
    assert reason in problem


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("x" * 255, None),
        ("x" * 256, "is longer than 255 characters; shorten it"),
        (" ", "is blank; remove it"),
        ("two words", "holds a blank; write two-words for example"),
    ],
)
def test_which_labels_can_go_out(label: str, reason: str | None) -> None:
    assert Labels().bad_elements(["good", label], Catalog()) == ({label: reason} if reason else {})


@pytest.mark.parametrize(
    ("codec", "raw", "local"),
    [
        (Line(), None, None),
        (Line(), " x ", " x "),
        (Day(), "2026-03-01", "2026-03-01"),
        (Day(), None, None),
        (Number(), Decimal("1.5"), Decimal("1.5")),
        (Number(), 3, 3),
        (Number(), None, None),
        (Named("priority"), {"id": "2", "name": "High"}, "High"),
        (Named("priority"), None, None),
        (DESCRIPTION, None, None),
        (WIKI, "h1. x\r\n\r\n", "h1. x\r\n\r\n"),
        (WIKI, None, None),
        (Labels(), ("b", "a", "b"), ("a", "b")),
    ],
)
def test_how_a_value_is_read(codec: Codec, raw: Value, local: Value) -> None:
    assert codec.to_local(raw) == local


@pytest.mark.parametrize(
    ("codec", "raw"),
    [
        (Line(), 7),
        (Day(), "2026-02-30"),
        (Day(), 20260301),
        (Number(), "3"),
        (Number(), True),
        (Named("status"), "Done"),
        (Named("status"), {"id": "3"}),
        (Named("status"), {"id": "3", "name": 7}),
        (DESCRIPTION, "words"),
        (BODY, 7),
        (WIKI, {"type": "doc"}),
        (Labels(), "auth"),
        (Labels(), None),
    ],
)
def test_what_makes_no_sense_is_not_read(codec: Codec, raw: Value) -> None:
    with pytest.raises(UnreadableValue):
        codec.to_local(raw)


def test_a_status_goes_out_by_the_ids_of_its_name_and_nothing_as_nothing() -> None:
    assert Named("status").to_remote("Done", base=None, base_raw=None, catalog=CATALOG, lossy=False) == {
        "id": "3",
        "name": "Done",
        "ids": ["3", "4"],
    }
    assert Named("priority").to_remote(None, base=None, base_raw=None, catalog=CATALOG, lossy=False) is None
    assert Account().canonical("") == Account().canonical(None) is None
    assert Key().canonical("") == Key().canonical(None) is None


def test_wiki_markup_goes_out_with_the_line_ends_that_it_came_with() -> None:
    there = "h1. x\r\n\r\nold\r\n"

    sent = WIKI.to_remote("h1. x\n\nnew\nand more\n", base=there, base_raw=there, catalog=CATALOG, lossy=False)

    assert sent == "h1. x\r\n\r\nnew\r\nand more\r\n"
    assert WIKI.canonical(there.replace("\r", "")) == WIKI.canonical(there)
    assert WIKI.canonical("") == WIKI.canonical(None) is None
    assert WIKI.to_remote("", base=there, base_raw=there, catalog=CATALOG, lossy=False) is None


@pytest.mark.parametrize(
    ("value", "is_a_set"), [(None, True), ((), True), (("a", "b"), True), ("a", False), ((1,), False), (7, False)]
)
def test_what_a_set_of_names_may_be(value: Value, is_a_set: bool) -> None:
    assert (not_a_set(value) is None) == is_a_set


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        (None, "'Red' was not sent, because what can be chosen was not told; the next sync asks again"),
        ({}, "'Red' cannot be chosen: nothing is offered there now"),
        ({"customfield_1": {"Red": "1"}}, None),
    ],
)
def test_why_an_option_was_not_sent(choices: dict[str, dict[str, str]] | None, reason: str | None) -> None:
    assert not_a_choice("Red", "customfield_1", replace(CATALOG, choices=choices)) == reason


def test_a_document_that_makes_no_sense_is_replaced_only_where_the_loss_is_accepted() -> None:
    there: Value = {"type": "doc", "version": 1, "content": "text"}

    with pytest.raises(LossyEdit, match="a content that is no list of nodes"):
        DESCRIPTION.to_remote("mine", base="old", base_raw=there, catalog=CATALOG, lossy=False)

    sent = DESCRIPTION.to_remote("mine", base="old", base_raw=there, catalog=CATALOG, lossy=True)
    assert DESCRIPTION.to_local(sent) == "mine"


def test_an_instant_of_a_custom_field_is_compared_in_utc_and_what_is_none_as_it_is() -> None:
    assert Instant().canonical("2026-11-30T14:00:00+01:00") == "2026-11-30T13:00:00+00:00"
    assert Instant().canonical("at noon") == "at noon"
