"""What a kind of record is made of: its synced fields, and the table that holds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from javis_pipeline.errors import WronglyDeclared
from javis_pipeline.records.sync import FieldPolicy, OperationKind
from javis_pipeline.records.tables import Column, Place, SqlType, Table
from javis_pipeline.records.values import ResourceType, System, Value
from javis_pipeline.sync.codecs import Codec, Plain


@dataclass(frozen=True, slots=True)
class Field:
    """One synced field. Its name is its column, or that of an element in its table's column of elements.

    Attributes:
        codec: How its values are read, compared and checked.
        written_by: Sort of request that writes it; None for a field that only the remote may change.
        raw_column: Column with the base in remote form, where the local form cannot give it back.
        type: Of its column.
        is_element: Whether it is one of many in one column; `raw_column` is then the one of many too.
        guards: Nothing of the record is sent while the remote holds another value of it than the row says.
        by_choice: Only where a policy says so is it edited on both sides; else only the remote changes it.
    """

    name: str
    codec: Codec
    written_by: OperationKind | None = None
    raw_column: str | None = None
    type: SqlType = "text"
    is_element: bool = False
    guards: bool = False
    by_choice: bool = False

    def __post_init__(self) -> None:
        # Programs that are not checked for types declare fields too: what is missing is said at import.
        if isinstance(self.codec, type) or not isinstance(self.codec, Codec):
            raise WronglyDeclared(f"field {self.name} has no codec, but {self.codec!r}")
        if self.is_set and self.type != "text[]" and not self.is_element:
            raise WronglyDeclared(f"field {self.name} is a set, and its column is {self.type}, not text[]")

    @property
    def is_set(self) -> bool:
        """Whether it is merged element by element, and sent by verbs."""
        return self.codec.is_set

    @property
    def is_text(self) -> bool:
        """Whether it is merged block by block."""
        return self.codec.is_text

    @property
    def default_policy(self) -> FieldPolicy:
        """Which way it goes where no setting says otherwise."""
        return "two_way" if self.written_by and not self.by_choice else "remote_to_local"

    @property
    def column(self) -> Column:
        """What its column is."""
        return Column(
            name=self.name,
            type=self.type,
            is_edited=self.written_by is not None,
            is_long=self.is_text,
            is_line=self.codec.is_line,
            longest=self.codec.longest,
            is_alone=self.written_by not in (None, "edit"),
            raw=self.raw_column,
        )

    def means_the_same(self, raw: Value, other: Value) -> bool:
        """Whether two remote forms differ in spelling only."""
        return self.codec.canonical(raw) == self.codec.canonical(other)

    def stored_raw(self, raw: Value) -> Value:
        """What the raw column keeps: the whole text, but of a choice only its id; of an element that reads here as it
        is there, nothing."""
        if self.is_element and self.codec.to_local(raw) == raw:
            return None
        return raw if self.is_text else self.codec.canonical(raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of record, and all that is particular to it.

    Attributes:
        fields: What is synced of it, by name.
        revision: The facts by which a list tells that a record has changed.
        table: Where it is kept.
        repeats: Facts that may be no more than what a field says, by name, with that field. Where nothing else tells
            of such a fact, it does not outlive the field's value.
    """

    resource_type: ResourceType
    system: System
    fields: Mapping[str, Field]
    revision: frozenset[str]
    table: Table
    repeats: Mapping[str, str] = field(default_factory=dict)

    @property
    def restricted_by(self) -> str | None:
        """The fact that says, where it is not None, that only some people may read the record."""
        return self.table.place.restricted_by


def make_kind(
    resource_type: ResourceType,
    *fields: Field,
    system: System,
    place: Place | None,
    revision: frozenset[str],
    repeats: Mapping[str, str] | None = None,
) -> Kind:
    """A kind with these fields; WronglyDeclared says what is missing or doubled."""
    if not isinstance(place, Place):
        raise WronglyDeclared(f"kind {resource_type} has no table, but {place!r}")
    by_name = {spec.name: spec for spec in fields}
    if len(by_name) < len(fields):
        doubled = sorted({spec.name for spec in fields if by_name[spec.name] is not spec})
        raise WronglyDeclared(f"kind {resource_type} has two fields of one name: {', '.join(doubled)}")
    columns = tuple(spec.column for spec in fields)
    table = Table(kind=resource_type, system=system, place=place, columns=columns)
    return Kind(
        resource_type=resource_type,
        system=system,
        fields=by_name,
        revision=revision,
        table=table,
        repeats=repeats or {},
    )


def with_fields(kind: Kind, *fields: Field) -> Kind:
    """The kind of an edition that keeps some fields in another form, in the same columns of the same table."""
    for spec in fields:
        known = kind.fields.get(spec.name)
        if known is None or (known.type, known.written_by, known.is_text) != (spec.type, spec.written_by, spec.is_text):
            raise WronglyDeclared(f"field {spec.name} is another one in kind {kind.resource_type}, or none there")
    return replace(kind, fields={**kind.fields, **{spec.name: spec for spec in fields}})


def as_chosen(kind: Kind, policies: Mapping[str, FieldPolicy]) -> Kind:
    """The kind as a run has it: what is edited here by choice only mirrors the remote where nobody chose that."""
    mirrored = {
        name: replace(spec, codec=spec.codec if spec.raw_column else Plain(), written_by=None)
        for name, spec in kind.fields.items()
        if spec.by_choice and policies.get(name) not in ("two_way", "local_to_remote")
    }
    return replace(kind, fields={**kind.fields, **mirrored}) if mirrored else kind


def kinds_by_name(*kinds: Kind) -> Mapping[ResourceType, Kind]:
    """These kinds by their names; WronglyDeclared when two have one name, or one table."""
    for what, names in (
        ("are called", [kind.resource_type for kind in kinds]),
        ("are kept in", [kind.table.name for kind in kinds]),
    ):
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise WronglyDeclared(f"two kinds {what} {', '.join(doubled)}")
    return {kind.resource_type: kind for kind in kinds}
