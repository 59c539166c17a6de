"""The part of CQL that clients use: comparisons joined by and, or, not, with parentheses and order by."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from javis_pipeline.sandbox.confluence.site import ConfluenceSite, Page, Refused
from javis_pipeline.sandbox.confluence.storage import plain_text

_TOKEN = re.compile(r"""\s*(?:("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(!=|>=|<=|!~|[=~<>(),])|([^\s"'=~<>!(),]+))""")
_DATE_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")

Test = Callable[[Page], bool]
Known = Callable[[Iterable[Page]], Iterator[Page]]


def search(site: ConfluenceSite, cql: str, zone: ZoneInfo, known: Known = iter) -> list[Page]:
    """The current pages that match, in the order asked for (by title otherwise).

    Args:
        site: Where to search.
        cql: The query.
        zone: The zone of the caller's profile, in which dates are read, to the minute.
        known: What the index knows of pages.

    Raises:
        Refused: 400 for what this sandbox cannot parse, worded as Confluence words it.
    """
    where, order = _split_order(cql)
    test = _Parser(site, where, zone).parse()
    found = [page for page in known(site.visible_pages(statuses=("current",))) if test(page)]
    for field_name, descending in reversed(order or [("title", False)]):
        found.sort(key=_sort_key(field_name), reverse=descending)
    return found


def _refused(cql: str) -> Refused:
    return Refused(400, "INVALID_REQUEST_PARAMETER", f"Could not parse cql : {cql}")


def _split_order(cql: str) -> tuple[str, list[tuple[str, bool]]]:
    where, *rest = re.split(r"(?i)\border\s+by\b", cql, maxsplit=1)
    order = []
    for part in rest[0].split(",") if rest else []:
        words = part.split()
        if not 1 <= len(words) <= 2 or words[-1].lower() not in {words[0].lower(), "asc", "desc"}:
            raise _refused(cql)
        order.append((words[0].lower(), words[-1].lower() == "desc"))
    return where, order


def _sort_key(field_name: str) -> Callable[[Page], datetime | int | str]:
    keys: dict[str, Callable[[Page], datetime | int | str]] = {
        "lastmodified": lambda page: page.modified_at,
        "created": lambda page: page.created_at,
        "title": lambda page: page.title.casefold(),
        "id": lambda page: int(page.page_id),
    }
    if field_name not in keys:
        raise Refused(400, "INVALID_REQUEST_PARAMETER", f"Cannot order by field : {field_name}")
    return keys[field_name]


def _tokens(cql: str) -> Iterator[tuple[str, str]]:
    """Pairs of kind (`text`, `sign`, `word`) and value."""
    position = 0
    while cql[position:].strip():
        match = _TOKEN.match(cql, position)
        if match is None:
            raise _refused(cql)
        position = match.end()
        if match[1] is not None:
            yield "text", re.sub(r"\\(.)", r"\1", match[1][1:-1])
        elif match[2] is not None:
            yield "sign", match[2]
        else:
            yield "word", match[3]


class _Parser:
    """Recursive descent over the tokens; each method returns the test that a page must pass."""

    def __init__(self, site: ConfluenceSite, cql: str, zone: ZoneInfo) -> None:
        self._site = site
        self._cql = cql
        self._zone = zone
        self._tokens = [*_tokens(cql), ("end", "")]
        self._at = 0

    def parse(self) -> Test:
        test = self._either()
        if self._tokens[self._at][0] != "end":
            raise _refused(self._cql)
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._takes("or"):
            tests.append(self._both())
        return lambda page: any(test(page) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._takes("and"):
            tests.append(self._one())
        return lambda page: all(test(page) for test in tests)

    def _one(self) -> Test:
        if self._takes("not"):
            test = self._one()
            return lambda page: not test(page)
        if self._takes("("):
            test = self._either()
            self._must(")")
            return test
        return self._comparison()

    def _comparison(self) -> Test:
        name = self._value("word").lower()
        if self._takes("not"):
            self._must("in")
            found = self._field(name, "=", self._values())
            return lambda page: not found(page)
        if self._takes("in"):
            return self._field(name, "=", self._values())
        sign = self._value("sign")
        positive = {"!=": "=", "!~": "~"}.get(sign, sign)
        test = self._field(name, positive, [self._operand()])
        return test if positive == sign else lambda page: not test(page)

    def _field(self, name: str, sign: str, operands: list[str]) -> Test:
        if name in {"lastmodified", "created"} and sign in {"=", "<", "<=", ">", ">="}:
            return self._date_test(name, sign, operands[0])
        wanted = {operand.casefold() for operand in operands}
        values: dict[tuple[str, str], Callable[[Page], set[str]]] = {
            ("type", "="): lambda _page: {"page"},
            ("id", "="): lambda page: {page.page_id},
            ("content", "="): lambda page: {page.page_id},
            ("title", "="): lambda page: {page.title.casefold()},
            ("space", "="): lambda page: {self._site.spaces[page.space_id].key.casefold()},
            ("space.key", "="): lambda page: {self._site.spaces[page.space_id].key.casefold()},
            ("label", "="): lambda page: {label.name for label in page.labels},
            ("parent", "="): lambda page: {page.parent_id or ""},
            ("ancestor", "="): lambda page: {above.page_id for above in self._site.ancestors(page.page_id)},
            ("creator", "="): lambda page: {page.author_id.casefold()},
        }
        if (name, sign) in values:
            return lambda page: not wanted.isdisjoint(values[name, sign](page))
        if name in {"title", "text", "sitesearch"} and sign == "~":
            words = {word for operand in wanted for word in operand.replace("*", "").split()}
            return lambda page: all(word in _searched_text(page, name) for word in words)
        raise _refused(self._cql)

    def _date_test(self, name: str, sign: str, operand: str) -> Test:
        wanted = self._date(operand)
        compare: Callable[[datetime], bool] = {
            "=": lambda at: at == wanted,
            "<": lambda at: at < wanted,
            "<=": lambda at: at <= wanted,
            ">": lambda at: at > wanted,
            ">=": lambda at: at >= wanted,
        }[sign]
        return lambda page: compare(
            (page.modified_at if name == "lastmodified" else page.created_at).replace(second=0, microsecond=0)
        )

    def _date(self, operand: str) -> datetime:
        for date_format in _DATE_FORMATS:
            try:
                return datetime.strptime(operand, date_format).replace(tzinfo=self._zone)
            except ValueError:
                continue
        raise _refused(self._cql)

    def _takes(self, word: str) -> bool:
        kind, value = self._tokens[self._at]
        if kind in {"word", "sign"} and value.lower() == word:
            self._at += 1
            return True
        return False

    def _must(self, word: str) -> None:
        if not self._takes(word):
            raise _refused(self._cql)

    def _value(self, kind: str) -> str:
        if self._tokens[self._at][0] != kind:
            raise _refused(self._cql)
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _operand(self) -> str:
        return self._value("text" if self._tokens[self._at][0] == "text" else "word")

    def _values(self) -> list[str]:
        self._must("(")
        values = [self._operand()]
        while self._takes(","):
            values.append(self._operand())
        self._must(")")
        return values


def _searched_text(page: Page, name: str) -> str:
    text = page.title if name == "title" else f"{page.title} {plain_text(page.body)}"
    return text.casefold()
