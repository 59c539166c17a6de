"""The content hash of a row, as SQL and as Python make it: over the fields that people edit on both sides, and over
those that only some sites have.

Made of separators that no text holds. Long texts are hashed by themselves: once more copying and quoting them would
take longer than all the rest. Needs no database driver.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import md5
from operator import attrgetter
from typing import Any, Final, LiteralString, NamedTuple

import orjson

from javis_pipeline.records.tables import Column, SqlType, Table

_NULL: Final = "\x1e"
_DAY_ZERO: Final = date(2000, 1, 1)


def array_text(items: Iterable[str]) -> str:
    """A list of texts as PostgreSQL spells an array: psycopg's own way takes ten times as long."""
    return "{" + ",".join(map(_item, items)) + "}"


# What PostgreSQL writes without quotes in an array.
_UNQUOTED: Final = re.compile(r'[^\s{},"\\]+', re.ASCII)


@lru_cache(maxsize=4096)  # labels, names of fields, versions and components: few, in issue after issue
def _item(item: str) -> str:
    if _UNQUOTED.fullmatch(item) and item.upper() != "NULL":
        return item
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def jsonb_text(value: Any) -> str:
    """A JSON value as PostgreSQL shows it: the same value has the same text, whoever wrote it down."""
    if type(value) is dict:
        names = sorted(value, key=lambda name: (len(name.encode()), name))
        return "{" + ", ".join([f"{_json_string(name)}: {jsonb_text(value[name])}" for name in names]) + "}"
    if type(value) is list:
        return "[" + ", ".join([jsonb_text(item) for item in value]) + "]"
    if type(value) is float:
        text = f"{Decimal(repr(value)):f}"
        return text if value else text.removeprefix("-")
    return _json_string(value)


def _json_string(value: object) -> str:
    return orjson.dumps(value).decode()


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _trimmed(number: str) -> str:
    """A number as PostgreSQL's `trim_scale` shows it."""
    # Not `normalize`, which rounds what has more digits than Python's context.
    text = f"{Decimal(number):f}"
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    return "0" if text == "-0" else text


def _array(value: str | Iterable[str]) -> str:
    return value if isinstance(value, str) else array_text(value)


def _days(text: str) -> str:
    return str((date.fromisoformat(text) - _DAY_ZERO).days)


def _as_is(text: str) -> str:
    return text


class Spelling(NamedTuple):
    """How a value that is not null goes into the hash: an expression over `{}`, and the same in Python."""

    sql: LiteralString
    python: Callable[[Any], str]


_LONG: Final = Spelling("pg_catalog.md5({})", _md5)
_SPELLINGS: Final[Mapping[SqlType, Spelling]] = {
    "text": Spelling("{}", _as_is),
    "text[]": Spelling("{}::text", _array),
    "numeric": Spelling("pg_catalog.trim_scale({})::text", _trimmed),
    "bigint": Spelling("{}::text", str),
    "date": Spelling(
        "CASE WHEN isfinite({0}) THEN ({0} - DATE '2000-01-01')::text ELSE {0}::text END",
        _days,
    ),
    "jsonb": Spelling("pg_catalog.md5({}::text)", _md5),
}


def spelling(column: Column) -> Spelling:
    """How a column goes into the hash."""
    return _LONG if column.is_long else _SPELLINGS[column.type]


def content_hasher(table: Table) -> Callable[[object], str]:
    """Makes of a row (columns as attributes, as PostgreSQL's text of them) what the table's hash function makes."""
    values = attrgetter(*(column.name for column in table.hashed))
    spelled = [spelling(column).python for column in table.hashed]

    def content_hash(row: object) -> str:
        parts = [_NULL if value is None else spell(value) for spell, value in zip(spelled, values(row), strict=True)]
        return _md5("\x1f".join(parts))

    return content_hash
