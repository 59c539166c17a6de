"""Issues of a site with three hundred fields of its own, of which each issue has thirty, of every sort."""

import random
from collections.abc import Callable
from typing import Any, Final

from bench.issues import cloud_fields, document, user

DEFINED: Final = 300
HELD: Final = 30
FIRST: Final = 20_001
_TYPES: Final = "com.atlassian.jira.plugin.system.customfieldtypes:"
_Value = Callable[[random.Random], Any]
_SORTS: Final[list[tuple[str, str, str | None, _Value]]] = [
    ("string", "textfield", None, lambda rng: f"text {rng.randrange(1000)}"),
    ("number", "float", None, lambda rng: rng.randrange(1000) / 4),
    ("date", "datepicker", None, lambda rng: f"2026-{rng.randrange(1, 13):02}-17"),
    ("datetime", "datetime", None, lambda rng: f"2026-{rng.randrange(1, 13):02}-17T10:00:00.000+0100"),
    ("option", "select", None, lambda rng: _option(rng)),
    ("array", "multiselect", "option", lambda rng: [_option(rng) for _ in range(2)]),
    ("option-with-child", "cascadingselect", None, lambda rng: {**_option(rng), "child": _option(rng)}),
    ("user", "userpicker", None, lambda rng: user(rng.randrange(60))),
    ("array", "labels", "string", lambda rng: [f"l{rng.randrange(20)}", "seen"]),
    ("string", "textarea", None, lambda rng: document(rng, 1)),
]


def _option(rng: random.Random) -> dict[str, str]:
    number = rng.randrange(7)
    return {"self": f"https://bench.example/option/{number}", "value": f"S{number}", "id": str(700 + number)}


def _id(number: int) -> str:
    return f"customfield_{FIRST + number}"


def _definition(number: int) -> dict[str, Any]:
    type_, custom, items, _ = _SORTS[number % len(_SORTS)]
    schema = {"type": type_, "custom": _TYPES + custom, "customId": FIRST + number}
    return {
        "id": _id(number),
        "name": f"Field {number}",
        "custom": True,
        "schema": schema | ({"items": items} if items else {}),
    }


DEFINITIONS: Final = [_definition(number) for number in range(DEFINED)]


def with_own_fields(rng: random.Random) -> dict[str, Any]:
    """The fields of an issue but for `updated`."""
    return cloud_fields(rng) | own_fields(rng)


def own_fields(rng: random.Random) -> dict[str, Any]:
    """Those of the site's own that one issue has."""
    held = rng.sample(range(DEFINED), HELD)
    return {_id(number): _SORTS[number % len(_SORTS)][3](rng) for number in held}
