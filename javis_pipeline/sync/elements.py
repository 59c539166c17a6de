"""Fields that a site has of its own: elements of one JSON column, each a field by itself, named by its id there.

What a site has is known when a scope is opened, so they are declared then: a kind with elements is the kind of one run.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from javis_pipeline.records.jira import Sort
from javis_pipeline.records.sync import LocalRecord
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import Plain
from javis_pipeline.sync.fields import Field, Kind
from javis_pipeline.sync.text_codecs import MarkdownText


class Element(Plain):
    """A value that is the same on both sides."""


class Chosen(Plain):
    """What was chosen from a list, as `chosen_value` has it: its name here, which changes; its id tells it apart."""

    def to_local(self, raw: Value) -> Value:
        return raw[_NAME] if isinstance(raw, Mapping) and raw.keys() == _PARTS else raw

    def canonical(self, raw: Value) -> Value:
        return raw[_ID] if isinstance(raw, Mapping) and raw.keys() == _PARTS else raw


class RichText(MarkdownText):
    """A text with a document behind it, or, where the site keeps no documents, only the text."""

    def to_local(self, raw: Value) -> Value:
        return super().to_local(raw) if isinstance(raw, Mapping) else raw

    def canonical(self, raw: Value) -> Value:
        return super().canonical(raw) if isinstance(raw, Mapping) else raw


_NAME, _ID = "chosen", "id"
_PARTS: Final = {_NAME, _ID}
_CHOSEN: Final = frozenset[Sort]({"option", "cascade", "version", "team"})


def chosen_value(name: Value, id_: Value) -> Value:
    """The remote form of what was chosen from a list."""
    return {_NAME: name, _ID: id_}


def element_fields(sorts: Mapping[str, Sort], table: Table) -> list[Field]:
    """The fields in a table's column of elements, by how their values read."""
    return [_element(name, sort, table) for name, sort in sorts.items()]


def _element(name: str, sort: Sort, table: Table) -> Field:
    if sort == "rich_text":
        return Field(name, RichText(), type="jsonb", raw_column=table.place.raw_elements, is_element=True)
    if sort in _CHOSEN:
        return Field(name, Chosen(), type="jsonb", raw_column=table.place.raw_elements, is_element=True)
    return Field(name, Element(), type="jsonb", is_element=True)


def with_elements(kind: Kind, elements: Iterable[Field]) -> Kind:
    """The kind with the fields of one site. What has a column here is not an element."""
    found = {spec.name: spec for spec in elements if spec.name not in kind.fields}
    return replace(kind, fields={**kind.fields, **found}) if found else kind


def fields_of(kind: Kind, local: LocalRecord) -> Mapping[str, Field]:
    """The kind's fields, and what was edited here of elements that the site does not have, or not any more."""
    return with_elements(kind, [Field(name, Element(), type="jsonb", is_element=True) for name in local.bases]).fields


def in_columns(kind: Kind, values: Mapping[str, Value], changed: Iterable[str]) -> dict[str, Any]:
    """What is written for fields that changed: their columns, and for an element the column with all of them.

    Args:
        kind: Of the record.
        values: All fields of the record, as they are to be.
        changed: Names of those that are to be written.
    """
    own = frozenset(kind.table.fields)
    names = list(changed)
    columns: dict[str, Any] = {name: values[name] for name in names if name in own}
    return columns | _of_elements(kind.table.place.elements, values, names, own)


def in_raw_columns(kind: Kind, raw: Mapping[str, Value], changed: Iterable[str]) -> dict[str, Any]:
    """The same for bases in remote form."""
    own = kind.table.raw
    names = list(changed)
    columns: dict[str, Any] = {own[name]: raw[name] for name in names if name in own}
    return columns | _of_elements(kind.table.place.raw_elements, raw, names, own)


def _of_elements(
    column: str | None, values: Mapping[str, Value], changed: Iterable[str], own: Container[str]
) -> dict[str, Any]:
    if column is None or all(name in own for name in changed):
        return {}
    return {column: {name: value for name, value in values.items() if name not in own and value is not None}}
