"""Values of fields as people read them."""

from collections.abc import Mapping

# Enough for a title to be recognised.
_LONGEST = 40


def named(value: object, people: Mapping[str, str]) -> object:
    """The name of the person, where the value is the id of an account; else the value."""
    return people.get(value, value) if isinstance(value, str) else value


def short(value: object, people: Mapping[str, str]) -> str:
    """A value for a table cell: on one line, at most 40 characters; "-" for none; a person by name."""
    if value is None:
        return "-"
    shown = named(value, people)
    text = ", ".join(map(str, shown)) if isinstance(shown, list | tuple) else " ".join(str(shown).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
