"""What the columns of our tables are, for the definitions of assets: the UI shows it before anything ran."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import dagster as dg

from javis_pipeline.defs.lineage import Lineage, column_lineage
from javis_pipeline.records.systems import SYSTEMS
from javis_pipeline.wiring import KINDS

_TABLE: Final = re.compile(r"CREATE TABLE public\.(\w+) \(\n(.*?)\n\);", re.DOTALL)
_COLUMN: Final = re.compile(r"    (\w+) (?:public\.)?(.+?)( DEFAULT .+?| GENERATED .+?)?( NOT NULL)?,?")
_COMMENT: Final = re.compile(r"COMMENT ON COLUMN public\.(\w+)\.(\w+) IS '((?:[^']|'')*)'")

_KINDS: Final = {kind.table.name: kind for kind in KINDS.values()}
# Columns in which the sync keeps account of its own work.
_BOOKKEEPING: Final = re.compile(
    r"local_\w+|remote_(state|missing_since)|sync_\w+|content_hash|last_synced_at|record_id"
)


def described(table: str, lineage: Lineage | None = None) -> dict[str, Any]:
    """The metadata of an asset that is kept in `table`: its name, its columns with comments, what they are made of."""
    made_of = column_lineage(lineage) if lineage else {}
    return {"dagster/table_name": table, "dagster/column_schema": columns_of(table), **made_of}


def columns_of(table: str) -> dg.TableSchema:
    """The columns of a table of the newest schema."""
    return dg.TableSchema(columns=list(_columns(table)))


def _columns(table: str) -> Iterator[dg.TableColumn]:
    tables, comments = _schema()
    for line in tables[table].splitlines():
        if line.startswith("    CONSTRAINT") or not (found := _COLUMN.fullmatch(line)):
            continue
        name, kind, _, required = found.groups()
        yield dg.TableColumn(
            name=name,
            type=kind,
            description=_description(table, name, comments.get((table, name), "")),
            constraints=dg.TableColumnConstraints(nullable=not required),
        )


def _description(table: str, column: str, comment: str) -> str:
    """Whether a person may edit the column, and the comment that the database has."""
    if table not in _KINDS:
        return comment or "read only"
    kind = _KINDS[table]
    field, system = kind.fields.get(column), SYSTEMS[kind.system].title
    if field is not None and field.written_by:
        use = f"editable, sent to {system}" + (", where a policy lets it go both ways" if field.by_choice else "")
    elif column == kind.table.place.elements:
        use = f"editable field by field, sent to {system}, where a policy lets a field go both ways"
    elif column in kind.table.place.follows:
        use = f"read only: it follows {kind.table.place.follows[column]}"
    elif _BOOKKEEPING.fullmatch(column):
        use = "read only: kept by the sync"
    else:
        use = f"read only: as it is in {system}"
    return f"{use}. {comment}" if comment else use


@cache
def _schema() -> tuple[Mapping[str, str], Mapping[tuple[str, str], str]]:
    text = (files("javis_pipeline.db") / "schema.sql").read_text(encoding="utf-8")
    comments = {(table, column): said.replace("''", "'") for table, column, said in _COMMENT.findall(text)}
    return dict(_TABLE.findall(text)), comments
