"""Fields that a site has of its own: elements of one JSON column, each a field by itself, named by its id there.

What a site has is known when a scope is opened, so they are declared then: a kind with elements is the kind of one run.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from javis_pipeline.records.jira import Sort
from javis_pipeline.records.sync import LocalRecord
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import Codec
from javis_pipeline.sync.element_codecs import WRITTEN, Chosen, Element, Markup, RichText
from javis_pipeline.sync.fields import Field, Kind


def element_fields(
    sorts: Mapping[str, Sort], table: Table, written: Container[str] = (), *, in_markup: bool = False
) -> list[Field]:
    """The fields in a table's column of elements.

    Args:
        sorts: How the values of each read.
        table: Where they are kept.
        written: Those that are edited here too. What only the remote changes is taken as it comes, of whatever shape.
        in_markup: Texts are wiki markup on both sides.
    """
    return [
        _element(name, sort, table, is_written=name in written, in_markup=in_markup) for name, sort in sorts.items()
    ]


def _element(name: str, sort: Sort, table: Table, *, is_written: bool, in_markup: bool) -> Field:
    make = WRITTEN.get(sort) if is_written else _SHOWN.get(sort)
    codec = Element() if make is None else Markup() if in_markup and sort == "rich_text" else make(name)
    return Field(
        name,
        codec,
        "edit" if is_written and sort in WRITTEN else None,
        raw_column=table.place.raw_elements if sort in _BESIDE else None,
        type="jsonb",
        is_element=True,
    )


# What is beside values in the column of raw forms.
_BESIDE: Final = frozenset[Sort]({"option", "cascade", "version", "team", "rich_text"})
_SHOWN: Final[Mapping[Sort, Callable[[str], Codec]]] = {
    **dict.fromkeys(("option", "cascade", "version", "team"), Chosen),
    "rich_text": lambda _: RichText(),
}


def with_elements(kind: Kind, elements: Iterable[Field]) -> Kind:
    """The kind with the fields of one site. What has a column here is not an element."""
    found = {spec.name: spec for spec in elements if spec.name not in kind.fields}
    return replace(kind, fields={**kind.fields, **found}) if found else kind


def fields_of(kind: Kind, local: LocalRecord) -> Mapping[str, Field]:
    """The kind's fields, and what was edited here of elements that the site does not have, or not any more."""
    gone = [name for name in local.bases if name not in kind.fields]
    return with_elements(kind, [Field(name, Element(), type="jsonb", is_element=True) for name in gone]).fields


def with_empty_sets(local: LocalRecord, fields: Mapping[str, Field]) -> LocalRecord:
    """The record with an empty set where an element that is one is not there."""
    sets = [name for name, spec in fields.items() if spec.is_element and spec.is_set]
    if not sets:
        return local
    values = {**local.values, **{name: () for name in sets if local.values.get(name) is None}}
    bases = {name: () if value is None and name in sets else value for name, value in local.bases.items()}
    return replace(local, values=values, bases=bases)


def stored_bases(bases: Mapping[str, Value], fields: Mapping[str, Field]) -> dict[str, Value]:
    """Bases as the row keeps them: an element that is an empty set is none."""
    return {name: None if value == () and fields[name].is_element else value for name, value in bases.items()}


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
    return {column: {name: value for name, value in values.items() if name not in own and value not in (None, ())}}
