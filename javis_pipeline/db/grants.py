"""Which role may do what with which object, by kind of object; written after every migration.

A table, sequence or function that is not named here is granted to nobody, and a test fails by its name.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, LiteralString, NamedTuple

import psycopg
from psycopg.rows import scalar_row
from psycopg.sql import SQL, Composable, Identifier

from javis_pipeline.records.tables import Table, Tables

READ: Final = "javis_read"
APP: Final = "javis_app"
SYNC: Final = "javis_sync"
ROLES: Final = (READ, APP, SYNC)
# Inserts rows that become records there. Applications get it once, when it is made: who takes it away is obeyed.
CREATE: Final = "javis_create"
EVERYBODY: Final = "public"

Privileges = frozenset[LiteralString]
_NOTHING: Final[Privileges] = frozenset()
_SELECT: Final[Privileges] = frozenset({"SELECT"})
_APPEND: Final = _SELECT | {"INSERT"}
_CHANGE: Final = _APPEND | {"UPDATE"}
_ALL: Final = _CHANGE | {"DELETE"}


class Rights(NamedTuple):
    """What the roles may do with an object: `javis_read`, `javis_app`, `javis_sync`."""

    read: Privileges
    app: Privileges
    sync: Privileges


# Applications also update the columns that are edited on both sides. A DELETE leaves a tombstone.
RECORDS: Final = Rights(_SELECT, _SELECT | {"DELETE"}, _ALL)
# What the sync makes of what it reads.
BOOK: Final = Rights(_SELECT, _SELECT, _ALL)
# History: rows are added. Old ones go by javis_forget().
APPENDED: Final = Rights(_SELECT, _SELECT, _APPEND)
# The journal of edits: only the trigger writes it.
JOURNAL: Final = Rights(_SELECT, _SELECT, _SELECT)
# Views, which are read with the rights of whoever asks.
VIEW: Final = Rights(_SELECT, _SELECT, _SELECT)
# Conflicts: they are settled, and stay.
SETTLED: Final = Rights(_SELECT, _SELECT, _CHANGE)
# What only the sync may know.
SECRET: Final = Rights(_NOTHING, _NOTHING, _CHANGE)
# The same, and it goes again.
NOTES: Final = Rights(_NOTHING, _NOTHING, _ALL)
# Made and kept here, by people.
OWN: Final = Rights(_SELECT, _ALL, _ALL)

TABLES: Final[Mapping[str, Rights]] = {
    "users": BOOK,
    "statuses": BOOK,
    "priorities": BOOK,
    "sprints": BOOK,
    "versions": BOOK,
    "components": BOOK,
    "issue_types": BOOK,
    "resolutions": BOOK,
    "teams": BOOK,
    "jira_fields": BOOK,
    "jira_field_columns": BOOK,
    "issue_sprints": BOOK,
    "issue_link_types": BOOK,
    "attachments": BOOK,
    "status_changes": BOOK,
    "sprint_changes": BOOK,
    "key_aliases": BOOK,
    "page_versions": BOOK,
    "page_issue_links": BOOK,
    "sync_locks": SECRET,
    "site_facts": NOTES,
    "sync_hints": BOOK,
    "live_workers": BOOK,
    "sync_policies": BOOK,
    "sync_watermarks": BOOK,
    "sync_runs": BOOK,
    "sync_quarantine": BOOK,
    "sync_outbox": BOOK,
    "sync_creates": BOOK,
    "jira_create_forms": BOOK,
    "sync_conflicts": SETTLED,
    "sync_conflict_values": APPENDED,
    "sync_audit": APPENDED,
    "local_edits": JOURNAL,
    "work_contexts": BOOK,
    "ai_advice": BOOK,
    "ai_suggestions": BOOK,
    "slack_posts": BOOK,
    "slack_requests": BOOK,
    "roadmap_visions": OWN,
    "javis_schema_version": JOURNAL,
    "records": VIEW,
    "links_of_issues": VIEW,
    "issues_in": VIEW,
    "pages_in": VIEW,
    "record_kinds": VIEW,
}

# Who may execute a function by itself. Triggers need no grant, but for what their WHEN clauses call.
FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "javis_owns": (EVERYBODY,),
    "javis_reads_restricted": (EVERYBODY,),
    "javis_checked_elements": (),
    "javis_ask_elements_again": (),
    "javis_track_local_edit": (),
    "javis_ask_again": (),
    "javis_refuse_local_insert": (),
    "javis_keep_tombstone": (),
    "javis_keep_record_id": (),
    "javis_refuse_truncate": (),
    "javis_check_values": (),
    "javis_check_texts": (),
    "javis_refuse_taken": (),
    "javis_refuse_itself": (),
    "javis_name_record": (),
    "javis_key": ROLES,
    "javis_provisional_key": (),
    "javis_wish": (),
    "javis_take_copied": (),
    "javis_find_place": (),
    "javis_obey_policy": (),
    "javis_follow_place": (),
    "javis_refuse_little": (),
    "javis_refuse_follower": (),
    "javis_find_ends": (),
    "javis_follow_other_end": (),
    "javis_mark_restricted_value": (),
    "javis_mark_restricted_payload": (),
    "javis_follow_restriction": (),
    "javis_forget": (SYNC,),
    "javis_edit_by_name": (),
    "javis_refuse_by_name": (),
    "javis_make_view_by_name": (SYNC,),
    "javis_drop_view_by_name": (SYNC,),
}


def rights_on_tables(tables: Tables) -> Mapping[str, Rights]:
    """Table to rights, of the tables of records too."""
    return {**TABLES, **{table.name: RECORDS for table in tables.values()}}


def who_executes(tables: Tables) -> Mapping[str, tuple[str, ...]]:
    """Function to the roles that may execute it, of those that are made for tables of records too."""
    return {**FUNCTIONS, **{name: (SYNC,) for table in tables.values() for name in (table.hash, table.base_hash)}}


def grant_by_kind(conn: psycopg.Connection[Any], tables: Tables) -> None:
    """Give every role exactly its rights on what there is; roles that are missing are made, where that is allowed.

    Needs the owner of the tables. Does not commit.
    """
    rights, executors = rights_on_tables(tables), who_executes(tables)
    of_kinds = {table.name: table for table in tables.values()}
    _make_roles(conn)
    roles = [role for role in ROLES if _is_role(conn, role)]
    if _found(conn, _SCHEMA_OF_OURS, "public"):
        # A database that an old server made lets everybody make objects beside ours.
        _run(conn, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        for role in (*roles, *([CREATE] if _is_role(conn, CREATE) else [])):
            _run(conn, "GRANT USAGE ON SCHEMA public TO {}", Identifier(role))
    for function in _found(conn, _FUNCTIONS_OF_OURS, list(executors)):
        _grant_function(conn, function, executors[function.partition("(")[0].removeprefix("public.")], roles)
    for table in _found(conn, _TABLES_OF_OURS, list(rights)):
        for role, privileges in zip(ROLES, rights[table], strict=True):
            if role in roles:
                _grant_table(conn, table, role, privileges)
        if APP in roles and table in of_kinds:
            _grant_columns(conn, of_kinds[table])
    for table in _found(conn, _TABLES_WITH_POLICIES, list(rights)):
        _trust(conn, table, [role for role in roles if role != READ])


def regrant(url: str, tables: Tables) -> None:
    """Grant again on a database that is up to date, as its owner: its roles may have been made since."""
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT public.javis_owns('public.jira_issues'::regclass)").fetchone()
        if row is not None and row[0]:
            grant_by_kind(conn, tables)


_SCHEMA_OF_OURS: LiteralString = (
    "SELECT nspname FROM pg_namespace WHERE nspname = %s AND pg_has_role(nspowner, 'USAGE')"
)
_TABLES_OF_OURS: LiteralString = (
    "SELECT relname FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND relname = ANY (%s)"
)
_TABLES_WITH_POLICIES: LiteralString = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND relname = ANY (%s)"
)
_FUNCTIONS_OF_OURS: LiteralString = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = ANY (%s)"
)
_SEQUENCES_OF: LiteralString = (
    "SELECT s.relname FROM pg_class AS s JOIN pg_depend AS d ON d.objid = s.oid AND d.deptype IN ('a', 'i')"
    " WHERE s.relkind = 'S' AND d.refobjid = to_regclass(%s)"
)


def _make_roles(conn: psycopg.Connection[Any]) -> None:
    for role in (*ROLES, CREATE):
        if _is_role(conn, role):
            continue
        try:
            with conn.transaction():
                _run(conn, "CREATE ROLE {} NOLOGIN", Identifier(role))
                if role == CREATE and _is_role(conn, APP):
                    _run(conn, "GRANT {} TO {}", Identifier(CREATE), Identifier(APP))
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            pass  # an administrator may add it later; or another database of this server was quicker


def _grant_table(conn: psycopg.Connection[Any], table: str, role: str, privileges: Privileges) -> None:
    name, grantee = Identifier("public", table), Identifier(role)
    _run(conn, "REVOKE ALL ON {} FROM {}", name, grantee)
    if privileges:
        _run(conn, "GRANT {} ON {} TO {}", SQL(", ").join(map(SQL, sorted(privileges))), name, grantee)
    for sequence in _found(conn, _SEQUENCES_OF, f"public.{table}"):
        # An identity column needs no right on its sequence; a backup reads it.
        _run(conn, "REVOKE ALL ON SEQUENCE {} FROM {}", Identifier("public", sequence), grantee)
        if role == SYNC:
            _run(conn, "GRANT SELECT ON SEQUENCE {} TO {}", Identifier("public", sequence), grantee)


def _grant_columns(conn: psycopg.Connection[Any], table: Table) -> None:
    """Let applications update the columns that are edited on both sides, and insert records that are made here.

    What follows another column is refused by a trigger, which says where it is changed; a lack of rights would not.
    What a new record was given can be mended until it is made. What stands fast may be written too, as long as it says
    the same: an application that saves a whole row writes all of it. A trigger refuses anything else, and says why.
    """
    name, app = Identifier("public", table.name), Identifier(APP)
    edited = [column.name for column in table.hashed]
    saved = (*table.fixed, *table.inserted) if table.given else ()
    updated = dict.fromkeys((*edited, *saved, *table.place.follows))
    _run(conn, "GRANT UPDATE ({}) ON {} TO {}", SQL(", ").join(map(Identifier, updated)), name, app)
    if table.given:
        inserted = SQL(", ").join(map(Identifier, dict.fromkeys((table.written_key, *table.inserted))))
        # Where nobody could make the role, applications go without it.
        maker = Identifier(CREATE) if _is_role(conn, CREATE) else app
        _run(conn, "GRANT INSERT ({}) ON {} TO {}", inserted, name, maker)
        if view := table.place.copied_into:
            given = SQL(", ").join(map(Identifier, table.inserted))
            _run(conn, "GRANT INSERT ({}) ON {} TO {}", given, Identifier("public", view), maker)


def _trust(conn: psycopg.Connection[Any], table: str, roles: Iterable[str]) -> None:
    """Let these roles see restricted rows as well."""
    for role in roles:
        policy, name = Identifier(f"trusted_{role}"), Identifier("public", table)
        _run(conn, "DROP POLICY IF EXISTS {} ON {}", policy, name)
        _run(conn, "CREATE POLICY {} ON {} TO {} USING (true) WITH CHECK (true)", policy, name, Identifier(role))


def _grant_function(
    conn: psycopg.Connection[Any], signature: str, allowed: Collection[str], roles: Iterable[str]
) -> None:
    function = SQL(signature)
    for role in roles:
        _run(conn, "REVOKE ALL ON FUNCTION {} FROM {}", function, Identifier(role))
        if role in allowed:
            _run(conn, "GRANT EXECUTE ON FUNCTION {} TO {}", function, Identifier(role))
    _run(conn, "REVOKE ALL ON FUNCTION {} FROM PUBLIC", function)
    if EVERYBODY in allowed:
        _run(conn, "GRANT EXECUTE ON FUNCTION {} TO PUBLIC", function)


def _is_role(conn: psycopg.Connection[Any], role: str) -> bool:
    return bool(_found(conn, "SELECT rolname FROM pg_roles WHERE rolname = %s", role))


def _found(conn: psycopg.Connection[Any], query: LiteralString, given: str | list[str]) -> list[str]:
    return conn.cursor(row_factory=scalar_row).execute(query, [given]).fetchall()


def _run(conn: psycopg.Connection[Any], statement: LiteralString, *parts: Composable) -> None:
    conn.execute(SQL(statement).format(*parts))
