"""JQL syntax tree to a test of issues, and the order of what it finds. Pure: what words mean comes in as arguments."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import cmp_to_key
from typing import Any
from zoneinfo import ZoneInfo

from javis_pipeline.sandbox.jira.issues import IssueState
from javis_pipeline.sandbox.jira.jql import (
    And,
    Call,
    Clause,
    Comparison,
    Empty,
    JqlError,
    Listed,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    Query,
)

Predicate = Callable[[IssueState], bool]
# What a row is ordered by: JSON can hold it, so that a page token can.
SortValue = str | int | float | list[Any] | None


class MissingValueError(JqlError):
    """The query names something that is not there."""


class Kind(Enum):
    """How the values of a field are compared."""

    CHOICE = "choice"  # a collection of ids or words: equals, in, is
    TEXT = "text"  # contains
    INSTANT = "instant"
    DAY = "day"
    NUMBER = "number"


@dataclass(frozen=True)
class JqlField:
    """A field that JQL knows.

    Args:
        name: As error messages show it.
        kind: How its values are compared.
        values: The values of an issue; a collection, empty when the field is.
        resolve: The stored value for a word in the query; None when there is no such value. CHOICE only.
        sort: What the field is ordered by.
        rank: Position of a stored value among all, for fields whose choices have an order.
        bound: The rank of a word that is compared with, where that need not be a value.
    """

    name: str
    kind: Kind
    values: Callable[[IssueState], Collection[Any]]
    resolve: Callable[[str], object | None] = field(default=lambda word: word)
    sort: Callable[[IssueState], SortValue] = field(default=lambda _: None)
    rank: Callable[[Any], int] | None = None
    bound: Callable[[str], int] | None = None


@dataclass(frozen=True)
class Vocabulary:
    """What the words of a query mean for one caller at one moment.

    Args:
        fields: Fields by their names in lower case, all spellings.
        choices: Functions that stand for stored values, by name in lower case.
        zone: The zone in which date literals are read.
        now: The moment, UTC.
        forgiving: Whether values that are not there are passed over, instead of spoiling the query.
    """

    fields: Mapping[str, JqlField]
    choices: Mapping[str, Callable[[tuple[str, ...]], Collection[Any]]]
    zone: ZoneInfo
    now: datetime
    forgiving: bool = False


def compile_clause(clause: Clause, words: Vocabulary, *, negated: bool = False) -> Predicate:
    """The test an issue passes when it matches.

    Raises:
        JqlError: A field, function or value is unknown, or does not go together.
    """
    match clause:
        case Not(inner):
            return compile_clause(inner, words, negated=not negated)
        case And(clauses) | Or(clauses):
            tests = [compile_clause(each, words, negated=negated) for each in clauses]
            if isinstance(clause, And) is not negated:
                return lambda state: all(test(state) for test in tests)
            return lambda state: any(test(state) for test in tests)
        case Comparison():
            return _comparison(_opposite(clause) if negated else clause, words)


def required_projects(clause: Clause | None, words: Vocabulary) -> set[str] | None:
    """The projects outside of which nothing can match; None when the query does not say."""
    match clause:
        case Comparison(name, Operator.EQUALS | Operator.IN, operand) if name.lower() == "project":
            return set(_choices(words.fields["project"], operand, words))
        case And(clauses):
            found = [keys for each in clauses if (keys := required_projects(each, words)) is not None]
            return set.intersection(*found) if found else None
    return None


@dataclass(frozen=True)
class Ordering:
    """How results are ordered: each field with its direction; the issue id decides between equals."""

    parts: tuple[tuple[Callable[[IssueState], SortValue], bool], ...]

    def position(self, state: IssueState) -> list[SortValue]:
        """Where the issue stands, as values that JSON can hold."""
        return [sort(state) for sort, _ in self.parts] + [state.id]

    def sorted(self, states: list[IssueState]) -> list[IssueState]:
        """The issues in order."""
        rows = sorted(states, key=lambda state: state.id)
        for sort, descending in reversed(self.parts):
            rows.sort(key=lambda state, sort=sort: _sortable(sort(state)), reverse=descending)  # type: ignore[misc] # the default binds `sort`
        return rows

    def after(self, rows: list[IssueState], position: list[SortValue]) -> int:
        """Index of the first of the ordered rows that comes after a position."""
        low, high = 0, len(rows)
        key = cmp_to_key(self._compare)
        while low < high:
            middle = (low + high) // 2
            if key(self.position(rows[middle])) <= key(position):
                low = middle + 1
            else:
                high = middle
        return low

    def _compare(self, one: list[SortValue], other: list[SortValue]) -> int:
        directions = [descending for _, descending in self.parts] + [False]
        for mine, theirs, descending in zip(one, other, directions, strict=True):
            a, b = _sortable(mine), _sortable(theirs)
            if a != b:
                return (1 if a > b else -1) * (-1 if descending else 1)
        return 0


def ordering(query: Query, words: Vocabulary) -> Ordering:
    """The order a query asks for; the newest issues first when it does not.

    Raises:
        JqlError: A field is unknown.
    """
    if not query.order:
        return Ordering(((lambda state: state.id, True),))
    parts = []
    for order in query.order:
        known = _field(order.field, words)
        # As in Jira: without a direction, times begin with the latest and everything else with the least.
        descending = known.kind is Kind.INSTANT if order.descending is None else order.descending
        parts.append((known.sort, descending))
    return Ordering(tuple(parts))


def _sortable(value: SortValue) -> tuple[bool, Any]:
    # Empty comes last when ascending.
    return (value is None, 0 if value is None else value)


def _field(name: str, words: Vocabulary) -> JqlField:
    known = words.fields.get(name.lower())
    if known is None:
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
    return known


_OPPOSITES = {
    Operator.EQUALS: Operator.NOT_EQUALS,
    Operator.LESS: Operator.AT_LEAST,
    Operator.GREATER: Operator.AT_MOST,
    Operator.LIKE: Operator.NOT_LIKE,
    Operator.IN: Operator.NOT_IN,
    Operator.IS: Operator.IS_NOT,
}
_OPPOSITES |= {opposite: operator for operator, opposite in _OPPOSITES.items()}
_EQUALITY = frozenset({Operator.EQUALS, Operator.NOT_EQUALS, Operator.IN, Operator.NOT_IN})
_EMPTINESS = frozenset({Operator.IS, Operator.IS_NOT})
_LIKENESS = frozenset({Operator.LIKE, Operator.NOT_LIKE})
_NEGATIVE = frozenset({Operator.NOT_EQUALS, Operator.NOT_IN, Operator.IS_NOT, Operator.NOT_LIKE})
_INEQUALITY = frozenset({Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST})


def _opposite(comparison: Comparison) -> Comparison:
    return Comparison(comparison.field, _OPPOSITES[comparison.operator], comparison.operand)


def _comparison(comparison: Comparison, words: Vocabulary) -> Predicate:
    known, operator, operand = _field(comparison.field, words), comparison.operator, comparison.operand
    if operator in _EMPTINESS or (isinstance(operand, Empty) and operator in _EQUALITY):
        return _emptiness(known, operator, operand)
    allowed = {
        Kind.CHOICE: _EQUALITY | (_INEQUALITY if known.rank else frozenset()),
        Kind.TEXT: _LIKENESS,
        Kind.INSTANT: _EQUALITY | _INEQUALITY,
        Kind.DAY: _EQUALITY | _INEQUALITY,
        Kind.NUMBER: _EQUALITY | _INEQUALITY,
    }[known.kind]
    if operator not in allowed:
        raise JqlError(f"The operator '{operator.value.upper()}' is not supported by the '{known.name}' field.")
    if known.kind is Kind.TEXT:
        return _likeness(known, operator, operand)
    if operator in _INEQUALITY:
        return _inequality(known, operator, operand, words)
    return _equality(known, operator, operand, words)


def _emptiness(known: JqlField, operator: Operator, operand: Operand) -> Predicate:
    if not isinstance(operand, Empty):
        raise JqlError(f"The operator '{operator.value}' only supports the EMPTY keyword for the '{known.name}' field.")
    values, wanted = known.values, operator in _NEGATIVE
    return lambda state: bool(values(state)) is wanted


def _likeness(known: JqlField, operator: Operator, operand: Operand) -> Predicate:
    if not isinstance(operand, Literal):
        raise JqlError(f"The operator '{operator.value}' needs a text for the '{known.name}' field.")
    test, values, negative = _text_test(operand.text), known.values, operator in _NEGATIVE
    return lambda state: any(test(text) for text in values(state)) is not negative


def _text_test(wanted: str) -> Callable[[str], bool]:
    if wanted.startswith('"') and wanted.endswith('"') and len(wanted) > 1:
        phrase = wanted[1:-1].lower()
        return lambda text: phrase in text.lower()
    patterns = [
        re.compile(rf"\b{re.escape(word.rstrip('*'))}" + ("" if word.endswith("*") else r"\b"), re.IGNORECASE)
        for word in wanted.split()
    ]
    return lambda text: bool(patterns) and all(pattern.search(text) for pattern in patterns)


def _equality(known: JqlField, operator: Operator, operand: Operand, words: Vocabulary) -> Predicate:
    wanted = frozenset(_choices(known, operand, words))
    with_empty = isinstance(operand, Listed) and any(isinstance(item, Empty) for item in operand.items)
    values = known.values
    if operator in _NEGATIVE:
        # As in Jira: `!=` and `not in` never match an issue whose field is empty.
        return lambda state: bool(found := values(state)) and wanted.isdisjoint(found)
    return lambda state: not wanted.isdisjoint(found) if (found := values(state)) else with_empty


def _inequality(known: JqlField, operator: Operator, operand: Operand, words: Vocabulary) -> Predicate:
    rank: Callable[[Any], Any] = known.rank or (lambda value: value)
    bound, values = _bound(known, operand, words, rank), known.values
    tests: dict[Operator, Callable[[Any], bool]] = {
        Operator.LESS: lambda value: rank(value) < bound,
        Operator.AT_MOST: lambda value: rank(value) <= bound,
        Operator.GREATER: lambda value: rank(value) > bound,
        Operator.AT_LEAST: lambda value: rank(value) >= bound,
    }
    test = tests[operator]
    return lambda state: any(test(value) for value in values(state))


def _bound(known: JqlField, operand: Operand, words: Vocabulary, rank: Callable[[Any], Any]) -> Any:
    if known.bound is not None and isinstance(operand, Literal):
        return known.bound(operand.text)
    found = _choices(known, operand, words)
    if not found:
        raise JqlError(f"There is nothing to compare '{known.name}' with.")
    return rank(found[0])


def _choices(known: JqlField, operand: Operand, words: Vocabulary) -> list[Any]:
    match operand:
        case Listed(items):
            return [value for item in items for value in _choices(known, item, words)]
        case Empty():
            return []
        case Call(name, arguments):
            return _called(known, name, arguments, words)
        case Literal(text, quoted):
            try:
                return [_value(known, text, words, quoted=quoted)]
            except MissingValueError:
                if words.forgiving:
                    return []
                raise


def _called(known: JqlField, name: str, arguments: tuple[str, ...], words: Vocabulary) -> list[Any]:
    if known.kind in (Kind.INSTANT, Kind.DAY):
        return [_of_kind(known, instant_function(name, arguments, words))]
    if name not in words.choices:
        raise JqlError(f"Unable to find JQL function '{name}({', '.join(arguments)})'.")
    return list(words.choices[name](arguments))


def _value(known: JqlField, text: str, words: Vocabulary, *, quoted: bool) -> object:
    if known.kind in (Kind.INSTANT, Kind.DAY):
        return _of_kind(known, read_instant(text, known.name, words, quoted=quoted))
    if known.kind is Kind.NUMBER:
        try:
            return float(text)
        except ValueError:
            raise JqlError(f"The value '{text}' for field '{known.name}' is not a number.") from None
    value = known.resolve(text)
    if value is None and known.name == "key":
        raise MissingValueError(f"An issue with key '{text}' does not exist for field 'key'.")
    if value is None:
        raise MissingValueError(f"The value '{text}' does not exist for the field '{known.name}'.")
    return value


def _of_kind(known: JqlField, at: datetime) -> datetime | date:
    # `at` is in the caller's zone, so its date is the caller's day.
    return at if known.kind is Kind.INSTANT else at.date()


_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_PERIOD = re.compile(r"^\s*([+-]?)\s*((?:\d+\s*[wdhm]\s*)+)$")
_PART = re.compile(r"(\d+)\s*([wdhm])")
_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


def read_instant(text: str, field_name: str, words: Vocabulary, *, quoted: bool) -> datetime:
    """The instant a literal means, in the caller's zone.

    Raises:
        JqlError: It is none of the forms Jira reads; seconds and zones are not.
    """
    if not quoted and re.fullmatch(r"-?\d+", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC).astimezone(words.zone)
    period = _PERIOD.match(text)
    if period:
        length = sum((int(count) * _UNITS[unit] for count, unit in _PART.findall(period.group(2))), timedelta(0))
        return (words.now + (-length if period.group(1) == "-" else length)).astimezone(words.zone)
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=words.zone)
        except ValueError:
            continue
    raise JqlError(
        f"Date value '{text}' for field '{field_name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


_NATURAL_UNIT = {"day": "d", "week": "w", "month": "M", "year": "y"}
_INCREMENT = re.compile(r"^([+-]?)(\d+)([yMwdhm]?)$")


def instant_function(name: str, arguments: tuple[str, ...], words: Vocabulary) -> datetime:
    """The instant that `now()`, `startOfDay(-7d)` and their like mean, in the caller's zone.

    Raises:
        JqlError: There is no such function, or its argument cannot be read.
    """
    now = words.now.astimezone(words.zone)
    if name == "now":
        return now
    match = re.fullmatch(r"(start|end)of(day|week|month|year)", name)
    if match is None:
        raise JqlError(f"Unable to find JQL function '{name}({', '.join(arguments)})'.")
    edge, unit = match.groups()
    if arguments:
        now = _moved(now, arguments[0], _NATURAL_UNIT[unit], name)
    start = datetime.combine(_first_day(now.date(), unit), time(), words.zone)
    if edge == "start":
        return start
    following = _moved(start, "1", _NATURAL_UNIT[unit], name)
    return following - timedelta(milliseconds=1)


def _first_day(day: date, unit: str) -> date:
    match unit:
        case "week":
            return day - timedelta(days=(day.weekday() + 1) % 7)  # Jira's weeks begin on Sunday
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


def _moved(at: datetime, increment: str, natural: str, name: str) -> datetime:
    match = _INCREMENT.match(increment)
    if match is None:
        raise JqlError(f"Invalid increment '{increment}' for function '{name}'. Use a form such as '-1', '+2w', '3d'.")
    count = int(match.group(2)) * (-1 if match.group(1) == "-" else 1)
    unit = match.group(3) or natural
    if unit in _UNITS:
        # Wall-clock arithmetic: a day is a calendar day also when the clocks change.
        return at + count * _UNITS[unit]
    months = at.year * 12 + at.month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return at.replace(year=year, month=month + 1, day=min(at.day, last))
