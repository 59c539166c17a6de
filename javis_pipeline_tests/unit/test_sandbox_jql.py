"""The sandbox's JQL: what it understands, what it refuses and how, and in which zone it reads dates."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from javis_pipeline.sandbox.jira.issues import IssueState
from javis_pipeline.sandbox.jira.jql import (
    And,
    Call,
    Comparison,
    Empty,
    JqlError,
    Listed,
    Literal,
    Not,
    Operator,
    Or,
    Order,
    parse,
)
from javis_pipeline.sandbox.jira.matching import (
    JqlField,
    Kind,
    Vocabulary,
    compile_clause,
    ordering,
    required_projects,
)

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_state(number: int = 1, **values: object) -> IssueState:
    state = IssueState(
        id=number,
        key=f"OQC-{number}",
        project="OQC",
        type_id="1",
        status_id="open",
        summary="Fix the login page",
        reporter=None,
        creator=None,
        created=NOON,
        updated=NOON,
    )
    return replace(state, **values)  # type: ignore[arg-type] # tests name real fields


def spoken(zone: ZoneInfo = NEW_YORK) -> Vocabulary:
    def optional(value: object) -> tuple[object, ...]:
        return () if value is None else (value,)

    fields = [
        JqlField("project", Kind.CHOICE, lambda s: (s.project,), sort=lambda s: s.project),
        JqlField("labels", Kind.CHOICE, lambda s: s.labels),
        JqlField("assignee", Kind.CHOICE, lambda s: optional(s.assignee), sort=lambda s: s.assignee),
        JqlField("status", Kind.CHOICE, lambda s: (s.status_id,), lambda w: w if w in ("open", "done") else None),
        JqlField("summary", Kind.TEXT, lambda s: optional(s.summary)),
        JqlField("text", Kind.TEXT, lambda s: optional(s.summary)),
        JqlField("updated", Kind.INSTANT, lambda s: (s.updated,), sort=lambda s: round(s.updated.timestamp() * 1000)),
        JqlField("due", Kind.DAY, lambda s: optional(s.due)),
        JqlField("points", Kind.NUMBER, lambda s: optional(s.story_points)),
        JqlField("id", Kind.CHOICE, lambda s: (s.id,), sort=lambda s: s.id),
    ]
    choices = {"currentuser": lambda _: ["me"]}
    return Vocabulary({field.name: field for field in fields}, choices, zone, NOON)


def matches(query: str, state: IssueState, zone: ZoneInfo = NEW_YORK) -> bool:
    where = parse(query).where
    assert where is not None
    return compile_clause(where, spoken(zone))(state)


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("a = b", Comparison("a", Operator.EQUALS, Literal("b", quoted=False))),
        ("'a b' != \"c d\"", Comparison("a b", Operator.NOT_EQUALS, Literal("c d", quoted=True))),
        (
            "a in (1, EMPTY)",
            Comparison("a", Operator.IN, Listed((Literal("1", quoted=False), Empty()))),
        ),
        ("a not in f('x')", Comparison("a", Operator.NOT_IN, Call("f", ("x",)))),
        ("a is not null", Comparison("a", Operator.IS_NOT, Empty())),
        ("cf[10020] > -7d", Comparison("cf[10020]", Operator.GREATER, Literal("-7d", quoted=False))),
        (r'a ~ "say \"hi\""', Comparison("a", Operator.LIKE, Literal('say "hi"', quoted=True))),
        ("bare words", Comparison("text", Operator.LIKE, Literal("bare words", quoted=True))),
    ],
)
def test_a_clause_is_read(text, clause):
    assert parse(text).where == clause


def test_and_binds_closer_than_or_and_not_closest():
    one, two, three = (Comparison(name, Operator.EQUALS, Literal("1", quoted=False)) for name in "abc")

    assert parse("a=1 or b=1 and not c=1").where == Or((one, And((two, Not(three)))))
    assert parse("(a=1 || b=1) && ! c=1").where == And((Or((one, two)), Not(three)))


def test_order_by_is_read_with_and_without_directions():
    query = parse("project = OQC ORDER BY updated ASC, priority, id desc")

    assert query.order == (Order("updated", False), Order("priority", None), Order("id", True))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = ", "Expecting either a value, list or function but got the end of the query."),
        ("a = @", "The character '@' is a reserved JQL character."),
        ('a = "b', "has not been completed"),
        ("(a = 1", "Expecting ')'"),
        ("a = 1 b = 2", "Expecting either 'OR' or 'AND' but got 'b'."),
        ("a == 1", "Expecting either a value"),
        ("a is 3 and", "Expecting a field name"),
        ("a = 1 order by " + ", ".join("abcdefgh"), "at most 7 fields"),
    ],
)
def test_what_is_not_jql_is_refused_in_jiras_words(text, message):
    with pytest.raises(JqlError) as refused:
        parse(text)

    assert message in refused.value.messages[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nope = 1", "Field 'nope' does not exist"),
        ("status = gone", "The value 'gone' does not exist for the field 'status'."),
        ("status > open", "The operator '>' is not supported by the 'status' field."),
        ("summary = x", "not supported"),
        ("updated > soon", "Date value 'soon' for field 'updated' is invalid."),
        ('updated > "2026-11-23 10:00:00"', "is invalid"),
        ('updated > "2026-11-23 10:00 UTC"', "is invalid"),
        ("assignee = nobody()", "Unable to find JQL function 'nobody()'."),
        ("points > many", "is not a number"),
        ("due is 3", "only supports the EMPTY keyword"),
    ],
)
def test_what_means_nothing_is_refused_in_jiras_words(text, message):
    with pytest.raises(JqlError) as refused:
        matches(text, a_state())

    assert message in refused.value.messages[0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("assignee = me", True),
        ("assignee != you", True),
        ("assignee = currentUser()", True),
        ("not assignee = you", True),
        ("labels = a and labels in (b, c)", True),
        ("labels not in (a)", False),
        ("labels is empty or points >= 3", True),
        ("points is not empty and points < 3.5", True),
        ("due < 2026-12-01 and due >= '2026/11/30'", True),
        ("summary ~ login", True),
        ("summary ~ 'log*'", True),
        ("summary ~ log", False),
        ("summary !~ logout", True),
        ('summary ~ "\\"login page\\""', True),
        ("login page", True),
        ("updated >= -1h and updated <= now()", True),
        ("updated >= startOfDay() and updated <= endOfDay()", True),
        ("updated < startOfDay(-1d)", False),
        ("updated >= startOfWeek() and updated >= startOfMonth() and updated >= startOfYear()", True),
        ("updated > endOfMonth(-1)", True),
    ],
)
def test_an_issue_is_found_or_not(query, found):
    state = a_state(assignee="me", labels=("a", "b"), story_points=3.0, due=date(2026, 11, 30))

    assert matches(query, state) is found


@pytest.mark.parametrize("query", ["assignee != you", "assignee not in (you)", "not assignee = you", "labels != a"])
def test_not_equal_never_finds_an_issue_whose_field_is_empty(query):
    assert not matches(query, a_state())


def test_a_date_is_read_in_the_zone_of_the_caller_to_the_minute():
    at_seven_in_new_york = 'updated >= "2026-11-23 07:00"'

    assert matches(at_seven_in_new_york, a_state(), NEW_YORK)
    assert not matches('updated >= "2026-11-23 07:01"', a_state(), NEW_YORK)
    assert not matches('updated >= "2026-11-23 13:01"', a_state(), ZoneInfo("Europe/Berlin"))


def test_an_unquoted_number_is_a_time_in_milliseconds_in_any_zone():
    milliseconds = round(NOON.timestamp() * 1000)

    assert matches(f"updated >= {milliseconds}", a_state())
    assert not matches(f"updated > {milliseconds}", a_state())


def test_days_are_calendar_days_also_when_the_clocks_change():
    after_the_change = Vocabulary(
        spoken().fields, {}, ZoneInfo("Europe/Berlin"), datetime(2026, 10, 25, 12, 0, tzinfo=UTC)
    )
    where = parse("updated >= startOfDay() and updated <= endOfDay()").where
    assert where is not None
    test = compile_clause(where, after_the_change)

    assert test(a_state(updated=datetime(2026, 10, 24, 22, 0, tzinfo=UTC)))
    assert test(a_state(updated=datetime(2026, 10, 25, 22, 59, tzinfo=UTC)))
    assert not test(a_state(updated=datetime(2026, 10, 25, 23, 0, tzinfo=UTC)))


def test_the_projects_that_a_query_needs_are_known():
    words = spoken()

    assert required_projects(parse("project = OQC and (labels = a or points > 1)").where, words) == {"OQC"}
    assert required_projects(parse("project in (OQC, EUV) and project = EUV").where, words) == {"EUV"}
    assert required_projects(parse("project = OQC or labels = a").where, words) is None


def test_given_equal_values_when_ordered_then_the_id_decides_and_a_position_is_found_again():
    states = [a_state(number, assignee=who) for number, who in ((3, "b"), (1, "a"), (2, None), (4, "a"))]
    order = ordering(parse("order by assignee"), spoken())

    rows = order.sorted(states)

    assert [state.id for state in rows] == [1, 4, 3, 2]
    assert [order.after(rows, order.position(state)) for state in rows] == [1, 2, 3, 4]


def test_without_a_direction_times_begin_with_the_latest():
    states = [a_state(number, updated=NOON.replace(hour=number)) for number in (1, 3, 2)]

    order = ordering(parse("order by updated"), spoken())

    assert [state.id for state in order.sorted(states)] == [3, 2, 1]
