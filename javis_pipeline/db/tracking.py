"""What the database does with tables of records: journal, tombstones, checks, content hashes, restricted text.

All of it is made from the kinds that are declared, after every migration and whenever a declaration has changed. So a
field that is added to its kind needs a migration for its column only.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from hashlib import md5
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import scalar_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from javis_pipeline.db.content_hash import spelling
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.tables import NOT_READ_YET, Column, Hanging, Table, Tables

_QUERIES = named_queries("tracking")
# The declaration that a database was made from is kept as the comment of this table.
_MADE_FROM: Final = "public.javis_schema_version"
_NULL: Final = SQL(r"E'\x1e'")


def is_as_declared(conn: psycopg.Connection[Any], tables: Tables) -> bool:
    """Whether the database was made from these declarations."""
    made_from = _scalars(conn, "SELECT obj_description(to_regclass(%s), 'pg_class')", [_MADE_FROM])
    return made_from == [_name_of(tables)]


def track_records(conn: psycopg.Connection[Any], tables: Tables) -> None:
    """Make functions, triggers and policies of these tables what their kinds declare.

    Needs the owner of the tables. Does not commit.
    """
    conn.execute("SELECT set_config('javis.origin', 'sync', true)")
    for table in tables.values():
        _make_hash(conn, table)
        for trigger in _scalars(conn, _QUERIES["old_triggers"], {"table": f"public.{table.name}"}):
            conn.execute(SQL("DROP TRIGGER {} ON public.{}").format(Identifier(trigger), Identifier(table.name)))
    for statement in _statements(tables):
        conn.execute(statement)
    conn.execute("SELECT set_config('javis.origin', '', true)")
    conn.execute(SQL("COMMENT ON TABLE public.javis_schema_version IS {}").format(Literal(_name_of(tables))))


def _name_of(tables: Tables) -> str:
    """A name for all that is made: another one when any of it changes."""
    made = [*_statements(tables), *(_hash_functions(table) for table in tables.values())]
    text = "\n".join(statement.as_string(None) for statement in made)
    return f"made from {md5(text.encode(), usedforsecurity=False).hexdigest()}"


def _statements(tables: Tables) -> Iterator[Composed]:
    kind_of_table = _joined(_kind_of_table(table) for table in tables.values())
    system_of_table = _joined(_system_of_table(table) for table in tables.values())
    for name in (
        "checked_elements",
        "track_local_edit",
        "keep_tombstone",
        "follow_restriction",
        "wish",
        "check_texts",
        "refuse_taken",
        "refuse_itself",
        "find_place",
        "follow_place",
        "obey_policy",
        "take_copied",
    ):
        yield SQL(_QUERIES[name]).format(
            kind_of_table=kind_of_table, system_of_table=system_of_table, unknown=Literal(NOT_READ_YET)
        )
    of_kinds = SQL(" UNION ALL ").join(map(_record_of_kind, tables.values()))
    yield SQL(_QUERIES["name_record"]).format(records=of_kinds)
    for table in tables.values():
        yield _formatted("triggers", table)
        yield _formatted("take_wishes" if table.given else "refuse_inserts", table)
        if table.place.copied_into:
            view, columns = Identifier(table.place.copied_into), SQL(", ").join(map(Identifier, table.inserted))
            yield _formatted("copied_into", table, view=view, inserted=columns, names=_listed(table.inserted))
        if table.place.editing:
            yield _formatted("admit_changes", table)
        if table.place.hangs_on:
            yield _hang(table, table.place.hangs_on, tables)
        if table.place.leads_on:
            yield _formatted("lead_on", table)
        yield from _text_checks(table)
        for name, least in table.place.at_least.items():
            yield _check_least(table, name, least)
        for name, leader in table.place.follows.items():
            yield _refuse_follower(table, name, leader)
        for column in table.edited:
            yield _ask_again(table, column)
        if table.place.elements:
            trigger = Identifier(f"try_again_{table.place.elements}")
            yield _formatted("ask_elements_again", table, trigger=trigger)
    for table in tables.values():
        if table.place.restricted_by:
            yield _formatted("restriction", table)
    kinds = [
        SQL("({}, {}, {})").format(
            Literal(table.kind), Literal(table.system), Literal(table.place.hangs_on is not None)
        )
        for table in tables.values()
    ]
    yield SQL(_QUERIES["record_kinds"]).format(kinds=SQL(", ").join(kinds))
    yield SQL(_QUERIES["records"]).format(selects=SQL(" UNION ALL ").join(map(_records_of_kind, tables.values())))


def _formatted(query: str, table: Table, **more: Composable) -> Composed:
    place, hanging = table.place, table.place.hangs_on
    restricted_by = place.restricted_by or ""
    making, editing, away = place.making, place.editing, place.putting_away
    hung = (hanging.by, hanging.id, *(("restricted",) if place.restricted_by else ())) if hanging else ()
    return SQL(_QUERIES[query]).format(
        table=Identifier(table.name),
        name=Literal(table.name),
        kind=Literal(table.kind),
        system=Literal(table.system),
        called=Literal(hanging.called if hanging else ""),
        scope=Literal(table.scope),
        id=Literal(table.id),
        key=Literal(table.written_key),
        given=_listed((*table.given, *hung, *place.derived)),
        required=_listed(place.made_with),
        keys=_listed(place.by_key),
        named_after=Literal(_named_after(table)),
        kept_from=Literal(restricted_by if place.readers_apart else ""),
        shown_key=Literal(table.key),
        verb=Literal(making.verb if making else ""),
        setting=Literal(making.setting if making else ""),
        away_verb=Literal(away.verb if away else ""),
        edit_verb=Literal(editing.verb if editing else ""),
        edit_setting=Literal(editing.setting if editing else ""),
        author=Literal(editing.author or "" if editing else ""),
        only_given=_listed(place.may_have),
        on=Identifier(hanging.table if hanging else table.name),
        fixed=_listed(table.fixed),
        tracked=_listed(table.fields),
        sets=_listed(column.name for column in table.edited if column.type == "text[]"),
        elements=Literal(place.elements or ""),
        element_column=Identifier(place.elements or ""),
        most_bytes=Literal(str(place.most_bytes)),
        restricted_by=Identifier(restricted_by),
        restricted_name=Literal(restricted_by),
        restricted_with_it=_listed(place.restricted_with_it),
        is_other=SQL(_QUERIES["is_other"]).format(oid=Literal(f"public.{table.name}")),
        **more,
    )


def _text_checks(table: Table) -> Iterator[Composed]:
    """What can be said of a text where it is written, without asking the remote."""
    place, limited = table.place, {one.name: one.longest for one in table.edited if one.longest is not None}
    if limited:
        lines = _listed(one.name for one in table.edited if one.is_line)
        yield _formatted("check_lengths", table, longest=Literal(json.dumps(limited)), lines=lines)
    if place.one_of_a_title and place.title:
        title = {"title": Identifier(place.title), "title_name": Literal(place.title)}
        yield _formatted("check_taken", table, **title)
    for name in place.by_key if place.hangs_on is None else ():
        keys = {"key_column": Identifier(table.key), "id_column": Identifier(table.id)}
        trigger, column = Identifier(f"then_refuse_{name}"), Identifier(name)
        yield _formatted("check_itself", table, trigger=trigger, column=column, field=Literal(name), **keys)


def _check_least(table: Table, name: str, least: int) -> Composed:
    return _formatted(
        "check_least",
        table,
        trigger=Identifier(f"then_check_{name}"),
        column=Identifier(name),
        field=Literal(name),
        least=Literal(least),
        shown=Literal(str(least)),
    )


def _refuse_follower(table: Table, name: str, leader: str) -> Composed:
    column, trigger = Identifier(name), Identifier(f"refuse_{name}")
    return _formatted(
        "refuse_follower", table, trigger=trigger, column=column, field=Literal(name), leader=Literal(leader)
    )


def _named_after(table: Table) -> str:
    """The column that provisional keys begin with; a record that is known by its id has none."""
    hanging = table.place.hangs_on
    return hanging.by if hanging else "" if table.place.made_as else table.scope


def _ask_again(table: Table, column: Column) -> Composed:
    name = column.name
    trigger = Identifier(f"try_again_{name}")
    return _formatted("ask_again", table, trigger=trigger, column=Identifier(name), field=Literal(name))


def _hang(table: Table, hanging: Hanging, tables: Tables) -> Composed:
    above = next(one for one in tables.values() if one.name == hanging.table)
    assert above.place.restricted_by, "what hangs on a record is kept from whom that is kept from"
    return _formatted(
        "hang",
        table,
        trigger=Identifier(f"follow_{table.name}"),
        on_name=Literal(above.name),
        on_id=Literal(hanging.id),
        on_key=Literal(hanging.key),
        on_readers=Literal(above.place.restricted_by),
        by=Literal(hanging.by),
        named_in=Literal(hanging.given),
        key_there=Identifier(hanging.key),
        scope_there=Identifier(above.scope),
    )


def _system_of_table(table: Table) -> Composed:
    return SQL("WHEN {}::regclass THEN {}").format(Literal(f"public.{table.name}"), Literal(table.system))


def _kind_of_table(table: Table) -> Composed:
    return SQL("WHEN {}::regclass THEN {}").format(Literal(f"public.{table.name}"), Literal(table.kind))


def _record_of_kind(table: Table) -> Composed:
    return SQL(_QUERIES["record_of_kind"]).format(
        kind=Literal(table.kind),
        table=Identifier(table.name),
        id=Identifier(table.id),
        is_restricted=_restricted(table),
    )


def _records_of_kind(table: Table) -> Composed:
    return SQL(_QUERIES["records_of_kind"]).format(
        kind=Literal(table.kind),
        system=Literal(table.system),
        scope=Identifier(table.scope),
        id=Identifier(table.id),
        key=Identifier(table.key),
        title=_column_or_null(table.place.title),
        status=_column_or_null(table.place.status),
        table=Identifier(table.name),
        is_restricted=_restricted(table),
    )


def _column_or_null(name: str | None) -> Composable:
    return Identifier(name) if name else SQL("NULL::text")


def _restricted(table: Table) -> Composed:
    """Whether only some people may read a record."""
    restricted_by = table.place.restricted_by
    return SQL("{} IS NOT NULL").format(Identifier(restricted_by)) if restricted_by else SQL("false").format()


# Content hashes -------------------------------------------------------------------------------------------------------


def _make_hash(conn: psycopg.Connection[Any], table: Table) -> None:
    """Replace the table's hash function, and the hashes of rows that are as the sync or the trigger wrote them."""
    made, mark = _hash_functions(table), f"made from {_hash_name(table)}"
    old = _scalars(conn, _QUERIES["hash_functions"], {"names": [table.hash, table.base_hash]})
    of_row = f"public.{table.hash}(public.{table.name})"
    if _scalars(conn, "SELECT obj_description(to_regprocedure(%s), 'pg_proc')", [of_row]) == [mark]:
        return
    parts = {"table": Identifier(table.name), "id": Identifier(table.id), "base_hash": Identifier(table.base_hash)}
    if old:
        _keep_marked_rows(conn, table, old, parts)
    for signature in sorted(old, key=len):  # each calls a longer one
        conn.execute(SQL("DROP FUNCTION {}").format(SQL(signature)))
    conn.execute(made)
    conn.execute(SQL("COMMENT ON FUNCTION {} IS {}").format(SQL(of_row), Literal(mark)))
    if old:
        conn.execute(SQL(_QUERIES["hash_marked_rows"]).format(**parts))
        conn.execute("DROP TABLE rows_to_hash")


def _keep_marked_rows(
    conn: psycopg.Connection[Any], table: Table, functions: Iterable[str], parts: Mapping[str, Composable]
) -> None:
    """Before there were elements in the hash, no function was needed to put their bases back."""
    of_columns = SQL("public.{}(jsonb_populate_record(r, r.local_modified_fields))").format(Identifier(table.hash))
    of_row = SQL("public.{base_hash}(r)").format(**parts)
    has_one = any(function.startswith(f"{table.base_hash}(") for function in functions)
    conn.execute(SQL(_QUERIES["keep_marked_rows"]).format(**parts, as_synced=of_row if has_one else of_columns))


def _hash_functions(table: Table) -> Composed:
    names = {column.name: Identifier(column.name) for column in table.hashed}
    parameters = [SQL("{} {}").format(names[column.name], SQL(column.type)) for column in table.hashed]
    parts = [
        SQL("coalesce({}, {})").format(SQL(spelling(column).sql).format(names[column.name]), _NULL)
        for column in table.hashed
    ]
    elements = table.place.elements
    values = [SQL("(row_).{}").format(name) for name in names.values()]
    return SQL(_QUERIES["content_hash"]).format(
        hash=Identifier(table.hash),
        table=Identifier(table.name),
        parameters=SQL(", ").join(parameters),
        parts=SQL(", ").join(parts or [SQL("''").format()]),
        values=SQL(", ").join(values),
        base_hash=Identifier(table.base_hash),
        bases=_formatted("bases_with_elements", table) if elements else SQL("(row_).local_modified_fields"),
    )


def _hash_name(table: Table) -> str:
    return md5(_hash_functions(table).as_string(None).encode(), usedforsecurity=False).hexdigest()


def _listed(names: Iterable[str]) -> Literal:
    return Literal(",".join(names))


def _joined(parts: Iterable[Composable]) -> Composable:
    return reduce(lambda one, other: SQL("{} {}").format(one, other), parts)


def _scalars(conn: psycopg.Connection[Any], query: LiteralString, params: Any) -> list[Any]:
    return conn.cursor(row_factory=scalar_row).execute(query, params).fetchall()
