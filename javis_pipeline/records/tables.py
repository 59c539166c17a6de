"""How the records of a kind lie in the database: what triggers, grants, hashes and queries are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from javis_pipeline.errors import WronglyDeclared
from javis_pipeline.records.values import ResourceType, System

SqlType = Literal["text", "text[]", "numeric", "bigint", "date", "boolean", "jsonb", "timestamp with time zone"]
# Of the others, SQL and Python have no common spelling.
EDITED_TYPES: Final = frozenset[SqlType]({"text", "text[]", "numeric", "bigint", "date"})
# Who may read a record, where nothing has told that yet: it is kept from readers.
NOT_READ_YET: Final = "not read yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that is a synced field.

    Attributes:
        is_edited: People edit it on both sides; else only the remote changes it.
        is_long: A text that people write at length.
        is_line: A text of one line, and never empty.
        longest: How many characters people may write in it; None where only the size in bytes counts.
        is_alone: It goes out in a request of its own, not with the other fields.
        raw: Column with the base in remote form, where this one cannot give it back.
    """

    name: str
    type: SqlType = "text"
    is_edited: bool = False
    is_long: bool = False
    is_line: bool = False
    longest: int | None = None
    is_alone: bool = False
    raw: str | None = None

    def __post_init__(self) -> None:
        if self.is_edited and self.type not in EDITED_TYPES:
            raise WronglyDeclared(f"field {self.name} cannot be edited on both sides: a {self.type} cannot be hashed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """Where records hang on those of another kind.

    Attributes:
        table: Table of what they hang on.
        id, key: Its columns with the remote's id, and with what people call the record.
        by: Column of what hangs with that key; the id and the scope are kept in columns of the same names as there.
        called: What stands before the id in the key of what hangs: the one in OPS-1#worklog-7.
        named_in: Column in which an INSERT gives that key, where that is another one.
    """

    table: str
    id: str
    key: str
    by: str
    called: str = ""
    named_in: str | None = None

    @property
    def given(self) -> str:
        """Column in which an INSERT names what it hangs on."""
        return self.named_in or self.by


@dataclass(frozen=True, slots=True, kw_only=True)
class Governed:
    """What has to be switched on before records of a kind are written here.

    Attributes:
        verb: Of the policy.
        setting: That says so.
        author: Column with who wrote it: what others wrote is not changed from here. None where anybody's may be.
    """

    verb: str
    setting: str
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A table of records, and which of its columns are what.

    Attributes:
        name: Of the table.
        id: Column with the remote's id, which never changes.
        key: Column with what people call the record; may be the same as `id`.
        scope: Column with the key of the project or space.
        revision: Column that changes with the remote record; None where nothing tells that it has.
        instants: Columns that only the remote changes, and that are instants.
        facts: Of what hangs on others: columns that only the remote changes, that are no fields, and come with it.
        at_least: Column to the least that people may write in it.
        restricted_by: Column that is not null where only some people may read the record, or where that is
            `NOT_READ_YET`; None for a kind whose records all may be read.
        restricted_with_it: Tables whose rows are restricted with their record; they name it as `id` does.
        most_bytes: What a text or a document may have.
        elements: Column with a JSON object, each element of which is a field that only some sites have; None where
            there are none.
        raw_elements: Column with the bases of elements in remote form, where `elements` cannot give them back.
        made_with: Columns that an INSERT has to give, beside the scope; empty for a kind that is not made here.
        may_have: Columns that only an INSERT may give, beside those and the edited ones.
        derived: Columns that a trigger gives a new row.
        follows: Columns that show what another one says, with that one: they are changed there only.
        by_key: Columns that name another record by its key: of the kind, or of what the record hangs on.
        leads_on: A record leads from what it hangs on to another one of those: one row, whichever end it is seen from.
        hangs_on: What the records hang on; None where they stand by themselves.
        making: What has to be switched on before rows are inserted; None for a kind that is not made here.
        editing: The same of changing and deleting; None where nothing has to be.
        removes: A row that is deleted here is deleted there.
        putting_away: What has to be switched on for that, where it has to be; the column `removal` then says of each
            row what becomes of it.
        has_trash: What is deleted there goes into a trash, from which people restore it.
        made_as: Column that keeps the key that a record had before the remote knew it, where the database itself makes
            the key of that and the id; None where the key is written.
        numbered: Keys end in numbers that only grow, so that what was made since is met by them.
        readers_apart: Who may read a record is asked for apart, and until then it is kept from readers.
        one_of_a_title: No two records of a scope have one title, whatever its case.
        copied_into: View into which COPY puts new rows: PostgreSQL refuses that for a table of which some may not read
            all; None where nobody is offered that.
        title, status: Columns by which people are shown a record; None where there is none.
    """

    name: str
    id: str
    key: str
    scope: str
    revision: str | None
    instants: frozenset[str]
    facts: tuple[str, ...] = ()
    at_least: Mapping[str, int] = field(default_factory=dict)
    restricted_by: str | None = None
    restricted_with_it: tuple[str, ...] = ()
    most_bytes: int = 262_144
    elements: str | None = None
    raw_elements: str | None = None
    made_with: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    follows: Mapping[str, str] = field(default_factory=dict)
    by_key: tuple[str, ...] = ()
    leads_on: bool = False
    hangs_on: Hanging | None = None
    making: Governed | None = None
    editing: Governed | None = None
    removes: bool = False
    putting_away: Governed | None = None
    has_trash: bool = False
    made_as: str | None = None
    numbered: bool = False
    readers_apart: bool = False
    one_of_a_title: bool = False
    copied_into: str | None = None
    title: str | None = "title"
    status: str | None = "status"


def written_on(hangs_on: Hanging, ours: Governed, **place: Any) -> Place:
    """A table of what people write on records: only its author changes it, where a setting allows that."""
    return Place(
        key="key",
        revision="updated_at",
        instants=frozenset({"created_at", "updated_at"}),
        restricted_by="kept_from",
        hangs_on=hangs_on,
        making=ours,
        editing=ours,
        removes=True,
        title=hangs_on.by,
        status=None,
        **place,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """The table of a kind, with its synced columns in the order in which they were declared. Each is the same as itself
    only: there is one of each kind."""

    kind: ResourceType
    system: System
    place: Place
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """Name of the table, in the schema that our queries find first."""
        return self.place.name

    @property
    def id(self) -> str:
        """The column of the id that the remote gave."""
        return self.place.id

    @property
    def key(self) -> str:
        """The column of what people call a record."""
        return self.place.key

    @property
    def scope(self) -> str:
        """The column of the project or space."""
        return self.place.scope

    @property
    def hash(self) -> str:
        """Name of the function that makes the content hash of a row."""
        return f"{self.kind}_content_hash"

    @property
    def base_hash(self) -> str:
        """Name of the function that makes the content hash of a row as the last sync left it, without later edits."""
        return f"{self.kind}_base_hash"

    @property
    def keys_change(self) -> bool:
        """Whether a record may get another key, which its id survives. One that hangs on another is called after it."""
        return self.key != self.id and self.place.hangs_on is None and self.place.made_as is None

    @property
    def written_key(self) -> str:
        """The column that a key is written to."""
        return self.place.made_as or self.key

    @property
    def fixed(self) -> tuple[str, ...]:
        """Columns that nobody changes here: a record is moved and renamed on the remote."""
        hanging = self.place.hangs_on
        named = (hanging.by, hanging.given) if hanging else ()
        return tuple(dict.fromkeys((self.scope, self.id, self.written_key, *named)))

    @property
    def fields(self) -> tuple[str, ...]:
        """All synced columns."""
        return tuple(column.name for column in self.columns)

    @property
    def edited(self) -> tuple[Column, ...]:
        """The columns that people edit on both sides."""
        return tuple(column for column in self.columns if column.is_edited)

    @property
    def hashed(self) -> tuple[Column, ...]:
        """The columns that the content hash is made of: those that people edit, and the one of elements."""
        elements = self.place.elements
        return (*self.edited, Column(name=elements, type="jsonb")) if elements else self.edited

    @property
    def given(self) -> tuple[str, ...]:
        """The columns that an INSERT may give, beside the name of the record, its place and its key."""
        edited = tuple(column.name for column in self.edited)
        place = self.place
        return tuple(dict.fromkeys((*place.made_with, *edited, *place.may_have))) if place.making else ()

    @property
    def inserted(self) -> tuple[str, ...]:
        """The same with the place and the name of the record."""
        hanging = self.place.hangs_on
        return (hanging.given if hanging else self.scope, "record_id", *self.given) if self.given else ()

    @property
    def brought(self) -> tuple[str, ...]:
        """The columns that come with the record that it hangs on, as COPY is given them."""
        place, hanging = self.place, self.place.hangs_on
        assert hanging is not None, "only what hangs on others comes with them"
        return (hanging.id, self.id, self.key, hanging.by, self.scope, *place.facts, *self.fields, *self.raw.values())

    @property
    def alone(self) -> tuple[str, ...]:
        """The fields that go out by themselves."""
        return tuple(column.name for column in self.columns if column.is_alone)

    @property
    def raw(self) -> Mapping[str, str]:
        """Field to the column with its base in remote form."""
        return {column.name: column.raw for column in self.columns if column.raw}


Tables = Mapping[ResourceType, Table]
"""The table of each kind, by the kind's name."""
