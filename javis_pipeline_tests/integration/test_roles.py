"""Who may do what in the database: every role and every object, and who counts as the sync."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.rows import dict_row

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.grants import APP, CREATE, EVERYBODY, READ, ROLES, SYNC, regrant, rights_on_tables, who_executes
from javis_pipeline.db.migrate import migrate
from javis_pipeline.records.retention import KeepDays
from javis_pipeline.records.tables import Table
from javis_pipeline.steps.prune import prune
from javis_pipeline.wiring import TABLES
from javis_pipeline_tests.integration.test_retention import LONG_AGO, NOW, add_audit, add_conflict, add_edit, rows

RIGHTS = rights_on_tables(TABLES)
EXECUTORS = who_executes(TABLES)
PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


def names(conn: Connection, query: str) -> list[str]:
    return [row["name"] for row in conn.execute(query.encode())]


TABLES_HERE = (
    "SELECT relname AS name FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
)
FUNCTIONS_HERE = "SELECT DISTINCT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
SEQUENCES_HERE = (
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' ORDER BY 1"
)


def test_each_role_has_exactly_its_rights_on_each_table(conn: Connection) -> None:
    assert sorted(names(conn, TABLES_HERE)) == sorted(RIGHTS), "name the kind of each table in db/grants.py"

    found = {
        (table, role): {
            privilege
            for privilege in PRIVILEGES
            if conn.execute("SELECT has_table_privilege(%s, %s, %s) AS it", [role, table, privilege]).fetchall()[0][
                "it"
            ]
        }
        for table in RIGHTS
        for role in ROLES
    }

    assert found == {
        (table, role): set(privileges)
        for table, rights in RIGHTS.items()
        for role, privileges in zip(ROLES, rights, strict=True)
    }


def test_applications_update_the_columns_that_are_edited_on_both_sides_and_write_what_they_gave(
    conn: Connection,
) -> None:
    updatable = conn.execute(
        "SELECT table_name, column_name FROM information_schema.column_privileges"
        " WHERE grantee = %s AND privilege_type = 'UPDATE' AND table_name = ANY (%s)",
        [APP, [table.name for table in TABLES.values()]],
    ).fetchall()

    assert {(row["table_name"], row["column_name"]) for row in updatable} == {
        (table.name, column)
        for table in TABLES.values()
        for column in (
            *(edited.name for edited in table.hashed),
            *(table.fixed if table.given else ()),  # which a trigger refuses unless they stay
            *table.inserted,
            *table.place.follows,  # which a trigger refuses, and says what to set instead
        )
    }


def _place_of(table: Table) -> str:
    return table.place.hangs_on.given if table.place.hangs_on else table.scope


def test_applications_insert_what_makes_a_record_and_nothing_else(conn: Connection) -> None:
    insertable = conn.execute(
        "SELECT table_name, column_name FROM information_schema.column_privileges"
        " WHERE grantee = %s AND privilege_type = 'INSERT' AND table_name = ANY (%s)",
        [CREATE, [table.name for table in TABLES.values()]],
    ).fetchall()

    assert {(row["table_name"], row["column_name"]) for row in insertable} == {
        (table.name, column)
        for table in TABLES.values()
        if table.given
        for column in (_place_of(table), table.written_key, "record_id", *table.given)
    }


def test_each_role_has_exactly_its_rights_on_each_sequence(conn: Connection) -> None:
    sequences = names(conn, SEQUENCES_HERE)
    assert sequences

    for sequence in sequences:
        for role in ROLES:
            rights = {
                privilege
                for privilege in ("USAGE", "SELECT", "UPDATE")
                if conn.execute(
                    "SELECT has_sequence_privilege(%s, %s, %s) AS it", [role, sequence, privilege]
                ).fetchall()[0]["it"]
            }
            assert rights == ({"SELECT"} if role == SYNC else set()), (sequence, role)


def test_each_function_is_executed_by_those_who_need_it(conn: Connection) -> None:
    assert sorted(names(conn, FUNCTIONS_HERE)) == sorted(EXECUTORS), "say in db/grants.py who executes it"

    for row in conn.execute("SELECT oid, proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace").fetchall():
        allowed = EXECUTORS[row["proname"]]
        for role in (*ROLES, EVERYBODY):
            may = conn.execute(
                "SELECT has_function_privilege(%s, %s::oid, 'EXECUTE') AS it", [role, row["oid"]]
            ).fetchall()[0]["it"]
            assert may == (role in allowed or EVERYBODY in allowed), (row["proname"], role)


def test_every_function_looks_names_up_in_the_catalog_only(conn: Connection) -> None:
    unsafe = conn.execute(
        "SELECT oid::regprocedure::text AS name FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace"
        "   AND prolang <> (SELECT oid FROM pg_language WHERE lanname = 'sql')"
        "   AND coalesce(proconfig, '{}') <> '{\"search_path=pg_catalog, pg_temp\"}'"
    ).fetchall()

    assert unsafe == []


# Who the sync is ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def owner_template(server_url: str) -> Iterator[str]:
    """A database whose owner is a plain login, which has migrated it; nobody is connected to it."""
    name = f"javis_owner_{os.getpid()}"
    with connect(server_url) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'login'")
        admin.execute(f"CREATE DATABASE {name} OWNER {name}")
        parts = urlsplit(server_url)
        url = parts._replace(netloc=f"{name}:login@{parts.netloc.rpartition('@')[2]}", path=f"/{name}").geturl()
        migrate(url, TABLES)
        yield url
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        admin.execute(f"DROP ROLE {name}")


@pytest.fixture
def owner_url(server_url: str, owner_template: str) -> Iterator[str]:
    """A private copy of it."""
    owner = urlsplit(owner_template).username
    with connect(server_url) as admin:
        admin.execute(f"CREATE DATABASE {owner}_copy TEMPLATE {owner} OWNER {owner}")
        yield urlsplit(owner_template)._replace(path=f"/{owner}_copy").geturl()
        admin.execute(f"DROP DATABASE {owner}_copy WITH (FORCE)")


def connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, row_factory=dict_row, autocommit=True)


def fill(owner: str) -> None:
    """One clean issue, as the sync leaves it."""
    with connect(owner) as conn, conn.transaction():
        conn.execute("SELECT set_config('javis.origin', 'sync', true)")
        conn.execute(
            "INSERT INTO jira_issues (jira_id, key, project_key, title, status, last_synced_at)"
            " VALUES ('1', 'OPS-1', 'OPS', 'before', 'To Do', now())"
        )


def make_definer_functions(owner: str) -> None:
    """Functions of the owner, for everybody, that write as the owner."""
    with connect(owner) as conn:
        for name, body in (
            ("edit", "UPDATE public.jira_issues SET title = 'after'"),
            ("wipe", "DELETE FROM public.jira_issues"),
            ("make", "INSERT INTO public.jira_issues (jira_id, key, project_key) VALUES ('2', 'OPS-2', 'OPS')"),
        ):
            conn.execute(f"CREATE FUNCTION {name}() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$ {body} $$")


class Trial:
    """What one write came to."""

    def __init__(self, owner: str) -> None:
        with connect(owner) as conn:
            self.rows = {row["key"]: row for row in conn.execute("SELECT * FROM jira_issues")}
            self.journal = [row["field"] for row in conn.execute("SELECT field FROM local_edits ORDER BY id")]

    @property
    def kind(self) -> str:
        """ "edit", "tombstone" or "refused" for a person's write; "written", "deleted" or "made" for the sync's."""
        row = self.rows.get("OPS-1")
        if row is None:
            return "deleted"
        if "OPS-2" in self.rows:
            return "made"
        if row["local_deleted_at"] is not None:
            assert self.journal == ["(row)"]
            return "tombstone"
        if row["title"] == "after" and row["local_modified_fields"] == {"title": "before"}:
            assert self.journal == ["title"]
            return "edit"
        assert self.journal == []
        return "written" if row["title"] == "after" else "refused"


WRITES = {
    "UPDATE": "UPDATE jira_issues SET title = 'after'",
    "DELETE": "DELETE FROM jira_issues",
    "INSERT": "INSERT INTO jira_issues (jira_id, key, project_key) VALUES ('2', 'OPS-2', 'OPS')",
}
FUNCTION_OF = {"UPDATE": "edit", "DELETE": "wipe", "INSERT": "make"}
PERSON = {"UPDATE": "edit", "DELETE": "tombstone", "INSERT": "refused"}
THE_SYNC = {"UPDATE": "written", "DELETE": "deleted", "INSERT": "made"}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    ("who", "setting", "expected"),
    [
        ("app", False, PERSON),
        ("app", True, PERSON),
        ("sync", False, PERSON),
        ("sync", True, THE_SYNC),
        ("sync without inheritance", True, "denied"),
        ("sync without inheritance, SET ROLE", True, THE_SYNC),
        ("owner", False, PERSON),
        ("owner", True, THE_SYNC),
        ("member of the owner", True, THE_SYNC),
        ("superuser", False, PERSON),
        ("superuser", True, THE_SYNC),
        ("superuser as app", True, PERSON),
        ("app by the owner's function", False, PERSON),
        ("app by the owner's function", True, THE_SYNC),
    ],
)
def test_a_write_is_the_syncs_only_by_setting_and_role(
    owner_url: str,
    server_url: str,
    make_login: Callable[..., str],
    who: str,
    setting: bool,
    expected: dict[str, str] | str,
    write: str,
) -> None:
    fill(owner_url)
    url, statements = _as(who, owner_url, server_url, make_login, write)
    with connect(url) as conn:
        for statement in statements[:-1]:
            conn.execute(statement.encode())
        if setting:
            conn.execute("SET javis.origin = 'sync'")
        try:
            conn.execute(statements[-1].encode())
        except (psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege) as error:
            said: psycopg.Error | None = error
        else:
            said = None

    kind = Trial(owner_url).kind

    if expected == "denied":
        assert (kind, type(said)) == ("refused", psycopg.errors.InsufficientPrivilege)
    else:
        assert isinstance(expected, dict)
        assert kind == expected[write]
        assert (said is None) == (kind != "refused")


def _as(who: str, owner: str, server_url: str, make_login: Callable[..., str], write: str) -> tuple[str, list[str]]:
    statement = WRITES[write]
    if who == "owner":
        return owner, [statement]
    if who.startswith("superuser"):
        url = urlsplit(server_url)._replace(path=urlsplit(owner).path).geturl()
        return url, [*(["SET ROLE javis_app"] if who.endswith("app") else []), statement]
    if who == "member of the owner":
        return make_login(urlsplit(owner).username or "", database=owner), [statement]
    role = APP if who.startswith("app") else SYNC
    url = make_login(role, database=owner)
    if "without inheritance" in who:
        with connect(server_url) as admin:
            admin.execute(f"ALTER ROLE {urlsplit(url).username} NOINHERIT")
            version = admin.info.server_version // 10_000
            if version >= 16:
                admin.execute(f"GRANT {role} TO {urlsplit(url).username} WITH INHERIT FALSE")
        return url, [*([f"SET ROLE {role}"] if who.endswith("SET ROLE") else []), statement]
    if "function" in who:
        make_definer_functions(owner)
        return url, [f"SELECT {FUNCTION_OF[write]}()"]
    return url, [statement]


def test_given_no_role_of_the_sync_when_the_owner_writes_for_it_then_it_is_the_syncs(owner_url: str) -> None:
    fill(owner_url)
    with connect(owner_url) as conn:
        # As on a server where nobody may make roles: the name leads nowhere.
        conn.execute("SET javis.origin = 'sync'")
        definition = conn.execute(
            "SELECT pg_get_triggerdef(oid) AS it FROM pg_trigger WHERE tgname = 'track_local_edit'"
            " AND tgrelid = 'jira_issues'::regclass"
        ).fetchall()[0]["it"]
        conn.execute("DROP TRIGGER track_local_edit ON jira_issues")
        conn.execute(definition.replace("'javis_sync'", "'no_such_role'"))
        conn.execute("UPDATE jira_issues SET title = 'after'")

    assert Trial(owner_url).kind == "written"


# Faults that were tried -----------------------------------------------------------------------------------------------


def test_given_a_temporary_table_of_the_journals_name_then_the_trigger_does_not_write_there(
    owner_url: str, make_login: Callable[..., str]
) -> None:
    fill(owner_url)
    with connect(make_login(APP, database=owner_url)) as app:
        app.execute("CREATE TEMP TABLE local_edits (LIKE public.local_edits)")
        app.execute("CREATE TEMP TABLE jira_issues (LIKE public.jira_issues)")
        app.execute(
            "CREATE FUNCTION pg_temp.escape() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN EXECUTE 'CREATE TABLE public.owned_by_app ()'; RETURN NEW; END $$"
        )
        app.execute("CREATE TRIGGER escape BEFORE INSERT ON local_edits FOR EACH ROW EXECUTE FUNCTION pg_temp.escape()")
        app.execute("GRANT ALL ON local_edits TO PUBLIC")
        app.execute("UPDATE public.jira_issues SET title = 'after'")
        assert app.execute("SELECT count(*) AS n FROM pg_temp.local_edits").fetchall() == [{"n": 0}]

        assert Trial(owner_url).kind == "edit"
        app.execute("UPDATE public.jira_issues SET title = 'before'")
        app.execute("DELETE FROM public.jira_issues")

    with connect(owner_url) as owner:
        assert owner.execute("SELECT to_regclass('public.owned_by_app') AS it").fetchall() == [{"it": None}]
        assert owner.execute("SELECT local_deleted_at IS NULL AS lost FROM jira_issues").fetchall() == [{"lost": False}]


def test_given_our_trigger_functions_when_an_application_puts_them_on_its_own_table_then_it_may_not(
    owner_url: str, make_login: Callable[..., str]
) -> None:
    with connect(make_login(APP, database=owner_url)) as app:
        app.execute("CREATE TEMP TABLE mine (jira_id text, project_key text, labels text[])")
        for function in ("javis_track_local_edit", "javis_keep_tombstone"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=function):
                app.execute(
                    f"CREATE TRIGGER t BEFORE UPDATE ON mine FOR EACH ROW EXECUTE FUNCTION {function}('jira', 'a', 'b')"
                )


def test_given_our_trigger_functions_on_a_table_that_is_not_ours_then_they_refuse(owner_url: str) -> None:
    with connect(owner_url) as owner:
        owner.execute(
            "CREATE TABLE mine AS SELECT * FROM jira_issues; INSERT INTO mine (jira_id, key) VALUES ('1', 'A-1')"
        )
        for event, function in (("UPDATE", "javis_track_local_edit"), ("DELETE", "javis_keep_tombstone")):
            owner.execute(
                f"CREATE TRIGGER t BEFORE {event} ON mine FOR EACH ROW"
                f" EXECUTE FUNCTION {function}('jira', 'project_key', 'jira_id', 'title')"
            )
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"javis: public\.mine keeps no"):
                owner.execute("UPDATE mine SET title = 'x'" if event == "UPDATE" else "DELETE FROM mine")
            owner.execute("DROP TRIGGER t ON mine")


def test_given_a_table_whose_owner_is_not_the_functions_when_a_row_is_deleted_then_nothing_is_lost_without_a_word(
    owner_url: str, server_url: str, make_login: Callable[..., str]
) -> None:
    fill(owner_url)
    app = make_login(APP, database=owner_url)
    admin_url = urlsplit(server_url)._replace(path=urlsplit(owner_url).path).geturl()
    with connect(admin_url) as admin, connect(app) as conn:
        other = urlsplit(make_login()).username
        admin.execute(f"ALTER TABLE jira_issues OWNER TO {other}")
        admin.execute(f"GRANT SELECT, UPDATE ON jira_issues TO {urlsplit(owner_url).username}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="cannot be deleted"):
            conn.execute("DELETE FROM jira_issues")
        admin.execute(f"ALTER TABLE jira_issues OWNER TO {urlsplit(owner_url).username}")


# History --------------------------------------------------------------------------------------------------------------


def test_given_a_login_of_the_sync_then_it_adds_to_history_and_takes_nothing_from_it(
    database: Database, make_login: Callable[..., str]
) -> None:
    add_audit(database, "1", LONG_AGO)
    add_conflict(database, "1", "open", LONG_AGO)
    with connect(make_login(SYNC)) as sync:
        for table in ("sync_audit", "sync_conflict_values", "local_edits", "sync_conflicts"):
            for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    sync.execute(statement)
        for table in ("sync_audit", "sync_conflict_values", "local_edits"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                sync.execute(f"UPDATE {table} SET id = DEFAULT")


def test_given_a_login_of_the_sync_when_it_prunes_then_it_forgets_what_the_owner_would(
    database: Database, make_login: Callable[..., str]
) -> None:
    for add in (add_audit, add_edit):
        add(database, "1", LONG_AGO)
    add_conflict(database, "1", "closed", LONG_AGO)

    with closing(Database(make_login(SYNC))) as sync:
        gone = {entry.table: entry.rows for entry in prune(sync, KeepDays(), now=NOW) if entry.rows}

    assert gone == {"sync_audit": 1, "local_edits": 1, "sync_conflicts": 1}
    assert rows(database, "sync_conflict_values") == 0


def test_given_new_history_and_open_conflicts_when_a_login_of_the_sync_would_forget_them_then_they_stay(
    database: Database, make_login: Callable[..., str]
) -> None:
    database.query(
        "INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, reason, actor, at)"
        " VALUES ('r', 'local', 'jira_issue', '1', 'title', 'pull', 'sync', now() - interval '6 days')"
    )
    add_conflict(database, "1", "open", LONG_AGO)
    add_conflict(database, "2", "resolved", LONG_AGO)

    with connect(make_login(SYNC)) as sync:
        forgotten = [
            sync.execute(f"SELECT javis_forget('{table}', ARRAY(SELECT id::text FROM {table})) AS n").fetchall()[0]["n"]
            for table in ("sync_audit", "sync_conflicts")
        ]

    assert forgotten == [0, 0]


def test_given_an_application_or_a_reader_when_it_would_forget_history_then_it_may_not(
    make_login: Callable[..., str],
) -> None:
    for role in (READ, APP):
        with connect(make_login(role)) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT javis_forget('sync_audit', '{1}')")


def test_only_who_may_create_inserts_and_applications_are_among_them_to_begin_with(
    conn: Connection, make_login: Callable[..., str]
) -> None:
    statement = "INSERT INTO jira_issues (project_key, issue_type, title) VALUES ('OPS', 'Task', 'x')"
    granted = "SELECT DISTINCT grantee AS name FROM information_schema.column_privileges WHERE table_name = %s AND "
    tables = [table.name for table in TABLES.values() if table.given]
    holders = {
        row["name"]
        for table in tables
        for row in conn.execute(granted.encode() + b"privilege_type = 'INSERT' AND grantee LIKE 'javis\\_%%'", [table])
    }
    with connect(make_login(READ)) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission"):
        reader.execute(statement)
    for roles in ((READ, CREATE), (APP,)):
        # What stops them is the setting, and no right.
        with connect(make_login(*roles)) as maker, pytest.raises(psycopg.errors.RestrictViolation, match="nothing may"):
            maker.execute(statement)

    assert holders == {CREATE, SYNC}


def test_given_roles_that_lost_their_rights_when_the_owner_grants_again_then_they_have_them_and_others_change_nothing(
    database: Database, make_login: Callable[..., str]
) -> None:
    sync = make_login(SYNC)
    database.query("REVOKE ALL ON attachments FROM javis_app, javis_read; GRANT ALL ON attachments TO javis_app")
    rights = "SELECT has_table_privilege('javis_app', 'attachments', 'DELETE') AS app"

    regrant(sync, TABLES)
    before = database.query(rights)
    regrant(database.url, TABLES)

    assert (before, database.query(rights)) == ([{"app": True}], [{"app": False}])
