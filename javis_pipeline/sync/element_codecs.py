"""Codecs of fields that only some sites have: one for each sort of value that is edited on both sides.

Here a value is what people see; what tells it apart there (the id of an option, of a version) comes with the record, as
the choices that are open for it now.
"""

# ruff: noqa: ARG002  codecs share one signature, and each uses of it what it needs

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.jira import Sort
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import Codec, Day, Labels, Line, Number, Plain, SetCodec
from javis_pipeline.sync.known_codecs import Account, nearest, team_ids, team_problem
from javis_pipeline.sync.text_codecs import MarkdownText, WikiText

_NAME, _ID = "chosen", "id"
_PARTS: Final = {_NAME, _ID}


def chosen_value(name: Value, id_: Value) -> Value:
    """The remote form of what was chosen from a list."""
    return {_NAME: name, _ID: id_}


def chosen_id(value: Value) -> Value:
    """What tells it apart there."""
    return value[_ID] if isinstance(value, Mapping) and value.keys() == _PARTS else value


class Element(Plain):
    """A value that is the same on both sides, whatever it is."""

    def to_local(self, raw: Value) -> Value:
        return raw


class ShortText(Element, Line):
    """One line of text, or none."""

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return None if wanted is None else Line.problem(self, wanted, catalog)


class Address(ShortText):
    """The address of something on the web."""

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if isinstance(wanted, str) and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://\S+$", wanted.strip()):
            return f"'{wanted}' is not an address; it should begin like https://"
        return super().problem(wanted, catalog)


class Amount(Element, Number):
    """A number, or none."""

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return (
            f"{wanted} is not a number; set one, or null for none"
            if isinstance(wanted, bool)
            else Number.problem(self, wanted, catalog)
        )


class Date(Element, Day):
    """A calendar date, or none."""


class Instant(Element):
    """An instant as ISO text, in UTC here."""

    def canonical(self, raw: Value) -> Value:
        return _in_utc(raw) or raw

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        return self.canonical(wanted)

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if wanted is None or _in_utc(wanted):
            return None
        return f"{wanted} is not an instant with an offset; write it like 2026-11-30T14:00:00+01:00"


def _in_utc(value: Value) -> str | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC).isoformat() if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None


class Person(Element, Account):
    """A user, as account id on both sides."""

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if wanted is not None and not isinstance(wanted, str):
            return "is one person; set an account id, or null for none"
        return Account.problem(self, wanted, catalog)


class Chosen(Element):
    """What is chosen from a list: its name here, which changes; its id tells it apart there.

    Without the name of its field nothing can be chosen, only shown.
    """

    def __init__(self, field: str = "") -> None:
        self._field = field

    def to_local(self, raw: Value) -> Value:
        return raw[_NAME] if isinstance(raw, Mapping) and raw.keys() == _PARTS else raw

    def canonical(self, raw: Value) -> Value:
        return chosen_id(raw)

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        return None if wanted is None else chosen_value(wanted, choices_of(self._field, catalog)[str(wanted)])

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if wanted is None:
            return None
        if not isinstance(wanted, str):
            return "takes one choice; set its name, or null for none"
        return not_a_choice(wanted, self._field, catalog)


class Team(Chosen):
    """A team; see the codec of the column."""

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        return None if wanted is None else chosen_value(wanted, team_ids(str(wanted), catalog)[0])

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return team_problem(wanted, catalog)


def choices_of(field: str, catalog: Catalog) -> Mapping[str, str]:
    """What can be chosen of a field now, name to id."""
    return (catalog.choices or {}).get(field, {})


def not_a_choice(wanted: str, field: str, catalog: Catalog) -> str | None:
    """Why this cannot be chosen, with what can; None when it can."""
    choices = choices_of(field, catalog)
    if wanted in choices:
        return None
    if catalog.choices is None:
        return f"'{wanted}' was not sent, because what can be chosen was not told; the next sync asks again"
    offered = nearest(wanted, choices) if choices else ": nothing is offered there now"
    return f"'{wanted}' cannot be chosen{offered}"


class Words(Labels):
    """A set of words without blanks, or none."""

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return not_a_set(wanted)


class Names(SetCodec):
    """A set of names that the server knows."""

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return not_a_set(wanted)


class People(Names):
    """A set of users, as account ids on both sides."""

    def bad_elements(self, elements: Iterable[str], catalog: Catalog) -> dict[str, str]:
        account = Account()
        problems = {one: account.problem(one, catalog) for one in elements}
        return {one: why.removeprefix(f"'{one}' ") for one, why in problems.items() if why}


class Choices(Names):
    """A set of what is chosen from a list."""

    element = "choice"

    def __init__(self, field: str) -> None:
        self._field = field

    def bad_elements(self, elements: Iterable[str], catalog: Catalog) -> dict[str, str]:
        problems = {one: not_a_choice(one, self._field, catalog) for one in elements}
        return {one: why.removeprefix(f"'{one}' ") for one, why in problems.items() if why}


def not_a_set(wanted: Value) -> str | None:
    """Why a value is no set of texts, and the remedy; None when it is."""
    if wanted is None or (isinstance(wanted, tuple) and all(isinstance(one, str) for one in wanted)):
        return None
    return f'{str(wanted)[:80]!r} is not a list of names; set one such as ["a", "b"], or null for none'


class RichText(MarkdownText):
    """A text with a document behind it, or, where the site keeps no documents, only the text."""

    def to_local(self, raw: Value) -> Value:
        return super().to_local(raw) if isinstance(raw, Mapping) else raw

    def canonical(self, raw: Value) -> Value:
        return super().canonical(raw) if isinstance(raw, Mapping) else raw

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return _no_text(wanted) or super().problem(wanted, catalog)


class Markup(WikiText):
    """A text in wiki markup."""

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return _no_text(wanted) or super().problem(wanted, catalog)


def _no_text(wanted: Value) -> str | None:
    return None if wanted is None or isinstance(wanted, str) else "must be a text, or null for none"


WRITTEN: Final[Mapping[Sort, Callable[[str], Codec]]] = {
    "text": lambda _: ShortText(),
    "url": lambda _: Address(),
    "rich_text": lambda _: RichText(),
    "number": lambda _: Amount(),
    "date": lambda _: Date(),
    "datetime": lambda _: Instant(),
    "option": Chosen,
    "options": Choices,
    "cascade": Chosen,
    "user": lambda _: Person(),
    "users": lambda _: People(),
    "group": lambda _: ShortText(),
    "groups": lambda _: Names(),
    "labels": lambda _: Words(),
    "version": Chosen,
    "versions": Choices,
    "team": Team,
}
"""Sort of value to its codec, which is made for a field: those that can be edited on both sides."""
