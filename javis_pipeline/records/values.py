"""Values of synced fields, in the one spelling that every room uses: JSON's.

A date is its ISO text, a set of labels a sorted tuple of texts, a number an int or a Decimal. So a value from a column,
a request, the outbox or a conflict compares equal without conversion, and what PostgreSQL can hold but Python cannot
(`infinity` as a date) is still a value that can be kept and explained.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeAlias

Value: TypeAlias = str | bool | int | Decimal | tuple[str, ...] | Mapping[str, Any] | None
"""The value of a field in local form (what a column holds) or in remote form (what the API holds)."""

ResourceType: TypeAlias = str
"""Name of a kind of records, such as "jira_issue"."""

System = Literal["jira", "confluence"]


class ScopeRef(NamedTuple):
    """Which Jira project or Confluence space: a project and a space may have the same key."""

    system: System
    scope: str


def scopes_of(project: str, spaces: Iterable[str]) -> tuple[ScopeRef, ...]:
    """A Jira project and the Confluence spaces that come with it."""
    return (ScopeRef("jira", project), *(ScopeRef("confluence", space) for space in spaces))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRef:
    """Which record: `resource_id` never changes; `key` (for people) and `scope` (project or space key) may."""

    resource_type: ResourceType
    resource_id: str
    scope: str
    key: str


def as_set(items: Iterable[str] | None) -> tuple[str, ...]:
    """A set as a value: sorted, each item once."""
    return tuple(sorted(set(items or ())))


def dump_json(value: object) -> str:
    """JSON text of a value or of a structure that holds values."""
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))


def load_json(text: str | bytes) -> Any:
    """What `dump_json` was given, except that tuples come back as lists; see `from_json`."""
    return json.loads(text, parse_float=Decimal)


def from_json(loaded: Any) -> Value:
    """One value out of loaded JSON: a list is a set."""
    return as_set(loaded) if isinstance(loaded, list) else loaded


def in_order(loaded: Any) -> Value:
    """The same of a value of which it is not known whether it is a set: what is one is sorted already."""
    return tuple(loaded) if isinstance(loaded, list) else loaded


def fingerprint(value: object) -> str:
    """Tells a value, or a structure that holds values, from any other."""
    return hashlib.sha256(dump_json(value).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        # A field's numbers are Jira's doubles; the shortest text of a double gives the Decimal back.
        if not value.is_finite():
            return str(value)
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
