"""What logins of our roles try against the database, statement by statement, and what they may do."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.grants import APP, READ, ROLES, SYNC

EDIT = "(system, scope, resource_type, resource_id, field)"
OURS = "('jira', 'OPS', 'jira_issue', '1', 'title')"
AUDIT = "(run_id, side, resource_type, resource_id, field, reason, actor, at)"
ENTRY = "('r', 'local', 'jira_issue', '1', 'title', 'pulled', 'jira', now())"

# Refused to each of the three roles.
NOBODY = [
    # becoming somebody else
    "GRANT javis_sync TO javis_app",
    "GRANT javis_sync TO CURRENT_USER",
    "GRANT pg_execute_server_program TO CURRENT_USER",
    "GRANT pg_read_all_data TO CURRENT_USER",
    "GRANT pg_write_server_files TO CURRENT_USER",
    "CREATE ROLE mine SUPERUSER",
    "CREATE ROLE mine",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "ALTER ROLE CURRENT_USER CREATEROLE",
    "ALTER ROLE javis_app LOGIN",
    "DROP ROLE javis_read",
    "SET ROLE {owner}",
    "SET SESSION AUTHORIZATION {owner}",
    "REASSIGN OWNED BY {owner} TO CURRENT_USER",
    "DROP OWNED BY {owner}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON TABLES TO PUBLIC",
    # changing what is ours
    "ALTER TABLE jira_issues OWNER TO CURRENT_USER",
    "ALTER TABLE jira_issues DISABLE TRIGGER ALL",
    "ALTER TABLE jira_issues DISABLE TRIGGER track_local_edit",
    "ALTER TABLE jira_issues DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE jira_issues ADD mine text",
    "ALTER TABLE jira_issues DROP COLUMN local_seq",
    "ALTER TABLE jira_issues RENAME TO theirs",
    "ALTER TABLE jira_issues ALTER title SET DEFAULT 'mine'",
    "DROP TABLE sync_audit",
    "DROP TRIGGER keep_tombstone ON jira_issues",
    "CREATE TRIGGER mine BEFORE UPDATE ON jira_issues FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE mine AS ON DELETE TO jira_issues DO INSTEAD NOTHING",
    "CREATE POLICY mine ON jira_issues USING (true)",
    "ALTER POLICY what_all_may_read ON sync_audit USING (true)",
    "DROP POLICY what_all_may_read ON jira_issues",
    "CREATE INDEX ON jira_issues (title)",
    "CREATE STATISTICS mine ON title, key FROM jira_issues",
    "COMMENT ON TABLE jira_issues IS 'mine'",
    "REINDEX TABLE jira_issues",
    "ALTER SEQUENCE local_edits_id_seq RESTART",
    "ALTER TYPE resource_type ADD VALUE 'mine'",
    "TRUNCATE jira_issues",
    "TRUNCATE local_edits",
    "TRUNCATE sync_audit",
    "TRUNCATE sync_outbox",
    "TRUNCATE comments",
    # objects of their own beside ours
    "CREATE TABLE public.mine ()",
    "CREATE VIEW public.mine AS SELECT 1",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql RETURN 1",
    "CREATE OR REPLACE FUNCTION public.javis_owns(the_table oid) RETURNS boolean LANGUAGE sql RETURN true",
    "ALTER FUNCTION javis_track_local_edit() SECURITY INVOKER",
    "ALTER FUNCTION javis_owns(oid) SET search_path = public",
    "DROP FUNCTION javis_check_values() CASCADE",
    "CREATE OPERATOR public.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
    "CREATE CAST (jsonb AS bytea) WITH INOUT",
    "CREATE TYPE public.mine AS (a integer)",
    "CREATE DOMAIN public.mine AS text",
    'CREATE COLLATION public.mine FROM "C"',
    "CREATE AGGREGATE public.mine(integer) (SFUNC = int4pl, STYPE = integer)",
    "CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE FUNCTION pg_temp.mine() RETURNS integer LANGUAGE c AS 'libc', 'system'",
    "CREATE PUBLICATION mine FOR ALL TABLES",
    "CREATE PUBLICATION mine FOR TABLE jira_issues",
    "CREATE SUBSCRIPTION mine CONNECTION 'host=127.0.0.1' PUBLICATION p WITH (connect = false)",
    "CREATE FOREIGN DATA WRAPPER mine",
    "CREATE TABLESPACE mine LOCATION '/tmp'",
    "CREATE DATABASE mine",
    "ALTER DATABASE {database} SET search_path = mine",
    "ALTER SYSTEM SET log_statement = 'all'",
    # our functions
    "SELECT javis_track_local_edit()",
    "SELECT javis_keep_tombstone()",
    "SELECT javis_follow_restriction()",
    "CREATE TRIGGER mine BEFORE UPDATE ON pg_temp.own FOR EACH ROW"
    " EXECUTE FUNCTION javis_track_local_edit('jira', 'a', 'b', 'c')",
    "CREATE TRIGGER mine BEFORE DELETE ON pg_temp.own FOR EACH ROW"
    " EXECUTE FUNCTION javis_keep_tombstone('jira', 'a', 'b')",
    # files, programs, the server
    "COPY jira_issues TO PROGRAM 'cat'",
    "COPY jira_issues TO '/tmp/mine'",
    "COPY roadmap_visions FROM '/etc/passwd'",
    "COPY pg_temp.own FROM PROGRAM 'id'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_stat_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/mine')",
    "LOAD '/tmp/mine.so'",
    "SELECT pg_reload_conf()",
    "SELECT pg_rotate_logfile()",
    "SELECT pg_switch_wal()",
    "CHECKPOINT",
    "SELECT pg_create_restore_point('mine')",
    "SELECT pg_create_physical_replication_slot('mine')",
    "SELECT pg_terminate_backend({session})",
    "SELECT pg_cancel_backend({session})",
    "SELECT rolpassword FROM pg_authid",
    "SELECT * FROM pg_shadow",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT * FROM pg_user_mappings, pg_user_mapping",
    "SET session_replication_role = replica",
    "SET log_statement = 'none'",
    "SET dynamic_library_path = '/tmp'",
    "SET row_security = off; SELECT title FROM jira_issues",
    # history and bookkeeping
    f"INSERT INTO local_edits {EDIT} VALUES {OURS}",
    "UPDATE local_edits SET db_user = 'somebody else'",
    "DELETE FROM local_edits",
    "UPDATE sync_audit SET reason = 'mine'",
    "DELETE FROM sync_audit",
    "UPDATE sync_conflict_values SET value = NULL",
    "DELETE FROM sync_conflict_values",
    "DELETE FROM sync_conflicts",
    "UPDATE javis_schema_version SET version_num = '9999'",
    "DELETE FROM javis_schema_version",
    "SELECT nextval('local_edits_id_seq')",
    "SELECT setval('sync_audit_id_seq', 1)",
    "INSERT INTO jira_issues (jira_id, key, project_key) VALUES ('2', 'OPS-2', 'OPS')",
    "SET javis.origin = 'sync'; INSERT INTO local_edits " + f"{EDIT} VALUES {OURS}",
    "LOCK TABLE local_edits IN ACCESS EXCLUSIVE MODE",
    "LOCK TABLE sync_audit IN ACCESS EXCLUSIVE MODE",
    "LOCK TABLE javis_schema_version IN SHARE MODE",
]  # fmt: skip

# What the sync may, and the others may not.
ONLY_THE_SYNC = [
    "SELECT key FROM sync_locks",
    "UPDATE sync_locks SET key = 1",
    "SELECT javis_forget('sync_audit', '{}')",
    "SELECT jira_issue_content_hash(i) FROM jira_issues AS i",
    "SELECT last_value FROM local_edits_id_seq",
    f"INSERT INTO sync_audit {AUDIT} VALUES {ENTRY}",
    "INSERT INTO sync_policies (system, scope, verb, policy) VALUES ('*', '*', 'send', 'off')",
    "DELETE FROM sync_policies",
    "UPDATE jira_issues SET sync_status = 'synced'",
    "UPDATE jira_issues SET local_modified_fields = '{}'",
    "UPDATE jira_issues SET security_level = NULL",
    "UPDATE confluence_pages SET content_hash = NULL",
    "UPDATE sync_watermarks SET watermark = NULL",
    "UPDATE sync_outbox SET state = 'confirmed'",
    "DELETE FROM sync_outbox",
    "UPDATE sync_conflicts SET state = 'closed'",
    "DELETE FROM sync_quarantine",
    "SET LOCAL javis.origin = 'sync'; INSERT INTO comments (jira_id, comment_id, key, issue_key, project_key, body,"
    " created_at) VALUES ('1', '2', 'OPS-1#2', 'OPS-1', 'OPS', 'mine', now())",
    "SET LOCAL javis.origin = 'sync'; UPDATE comments SET body = 'mine', restriction = NULL",
    "DELETE FROM attachments",
    "UPDATE users SET display_name = 'mine'",
    "UPDATE ai_suggestions SET state = 'accepted'",
    "DELETE FROM work_contexts",
    "DELETE FROM slack_posts",
]
# What applications may as well, and readers may not.
EDITS = [
    "UPDATE jira_issues SET title = 'mine'",
    "UPDATE confluence_pages SET title = 'mine'",
    "DELETE FROM jira_issues",
    "SET LOCAL javis.origin = 'sync'; UPDATE jira_issues SET title = 'mine'",
    "INSERT INTO roadmap_visions (title) VALUES ('mine')",
    "DELETE FROM roadmap_visions",
    "SELECT FROM jira_issues FOR UPDATE",
]
# What everybody may: it reaches nothing of ours.
EVERYBODY = [
    "SELECT title FROM jira_issues",
    "CREATE TEMP TABLE jira_issues (LIKE public.jira_issues)",
    "CREATE FUNCTION pg_temp.javis_owns(oid) RETURNS boolean LANGUAGE sql RETURN true",
    "SELECT lo_create(0)",
    "SELECT pg_advisory_xact_lock(1)",
    "NOTIFY javis_local_change, 'mine'",
    "SET search_path = pg_temp, public",
    "SET application_name = 'javis sync 1'",
]
REFUSALS = {"42501", "0A000", "23001", "58P01"}


@pytest.fixture
def filled(database: Database) -> Database:
    with database.transaction(origin="sync") as conn:
        conn.execute("INSERT INTO jira_issues (jira_id, key, project_key, title) VALUES ('1', 'OPS-1', 'OPS', 'ours')")
        conn.execute(
            "INSERT INTO confluence_pages (page_id, space_key, space_id, title) VALUES ('7', 'OPS', '1', 'ours')"
        )
        conn.execute(
            "INSERT INTO comments (jira_id, comment_id, key, issue_key, project_key, body, created_at)"
            " VALUES ('1', '1', 'OPS-1#1', 'OPS-1', 'OPS', 'ours', now())"
        )
        conn.execute("INSERT INTO sync_watermarks (system, scope) VALUES ('jira', 'OPS')")
        conn.execute(f"INSERT INTO sync_audit {AUDIT} VALUES {ENTRY}".encode())
        conn.execute(f"INSERT INTO local_edits {EDIT} VALUES {OURS}".encode())
        conn.execute("INSERT INTO sync_locks (system, scope, key) VALUES ('jira', 'OPS', 7)")
    return database


FINGERPRINT = """
    SELECT 'class', relname, relacl::text, relowner::text, relrowsecurity::text FROM pg_class
     WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'column', attrelid::regclass::text, attname, attacl::text, '' FROM pg_attribute
     WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    UNION ALL SELECT 'function', oid::regprocedure::text, md5(prosrc), proacl::text, proconfig::text FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, tgenabled::text, '' FROM pg_trigger
     WHERE NOT tgisinternal
    UNION ALL SELECT 'policy', tablename::text, policyname::text, qual, with_check FROM pg_policies
    UNION ALL SELECT 'schema', nspname, nspacl::text, '', '' FROM pg_namespace WHERE nspname NOT LIKE 'pg_t%'
    UNION ALL SELECT 'role', rolname, rolsuper::text || rolbypassrls || rolcreaterole, '', '' FROM pg_roles
     WHERE rolname IN ('javis_read', 'javis_app', 'javis_sync')
        OR (rolname LIKE 'javis_login%' AND (rolsuper OR rolbypassrls OR rolcreaterole))
    UNION ALL SELECT 'rows', 'jira_issues', t::text, '', '' FROM jira_issues AS t
    UNION ALL SELECT 'rows', 'sync_audit', t::text, '', '' FROM sync_audit AS t
    UNION ALL SELECT 'rows', 'local_edits', t::text, '', '' FROM local_edits AS t
    UNION ALL SELECT 'rows', 'sync_locks', t::text, '', '' FROM sync_locks AS t
"""


@contextlib.contextmanager
def a_session(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("CREATE TEMP TABLE own (a text, b text, labels text[])")
        yield conn


def try_out(conn: psycopg.Connection[Any], statement: str) -> psycopg.Error | None:
    """What comes of it, in a transaction that is taken back."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(statement.encode())
    except psycopg.Error as error:
        return error
    return None


@pytest.mark.parametrize("role", ROLES)
def test_each_statement_is_refused_to_those_who_may_not_and_changes_nothing(
    filled: Database, make_login: Callable[..., str], role: str
) -> None:
    owner = urlsplit(filled.url).username
    login = make_login(role)
    forbidden = [*NOBODY, *(ONLY_THE_SYNC if role != SYNC else []), *(EDITS if role == READ else [])]
    allowed = [*EVERYBODY, *(EDITS if role != READ else []), *(ONLY_THE_SYNC if role == SYNC else [])]
    with a_session(filled.url) as ours, a_session(login) as conn:
        names = {"owner": owner, "database": urlsplit(filled.url).path[1:], "session": ours.info.backend_pid}
        before = sorted(ours.execute(FINGERPRINT.encode()).fetchall(), key=str)

        said = {statement: try_out(conn, _named(statement, names)) for statement in forbidden}
        for statement in forbidden:
            conn.execute("RESET ALL")
            _without_transaction(conn, _named(statement, names))
        conn.execute("RESET ALL")
        failed = {statement: try_out(conn, statement) for statement in allowed}

        after = sorted(ours.execute(FINGERPRINT.encode()).fetchall(), key=str)
        can_still_write = ours.execute("SELECT 1").fetchall()

    assert [statement for statement, error in said.items() if error is None] == []
    assert {s: str(e) for s, e in said.items() if e is not None and e.sqlstate not in {*REFUSALS, "25001"}} == {}
    assert {s: str(e) for s, e in failed.items() if e is not None} == {}
    assert before == after
    assert can_still_write == [(1,)]


def test_the_list_is_long_enough() -> None:
    tried = {*NOBODY, *ONLY_THE_SYNC, *EDITS, *EVERYBODY}

    assert len(tried) == len(NOBODY) + len(ONLY_THE_SYNC) + len(EDITS) + len(EVERYBODY) > 80


@pytest.mark.parametrize("role", [APP, READ])
def test_grants_that_are_not_theirs_to_give_change_nothing(
    filled: Database, make_login: Callable[..., str], role: str
) -> None:
    # PostgreSQL only warns whoever has some right on the object.
    statements = [
        "GRANT ALL ON jira_issues TO PUBLIC",
        "GRANT SELECT ON sync_audit TO PUBLIC",
        "REVOKE SELECT ON jira_issues FROM javis_sync",
        "GRANT EXECUTE ON FUNCTION javis_forget(text, text[]) TO PUBLIC",
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
    ]
    with a_session(filled.url) as ours, a_session(make_login(role)) as conn:
        before = sorted(ours.execute(FINGERPRINT.encode()).fetchall(), key=str)
        for statement in statements:
            _without_transaction(conn, statement)

        assert sorted(ours.execute(FINGERPRINT.encode()).fetchall(), key=str) == before


def _named(statement: str, names: dict[str, Any]) -> str:
    for name, value in names.items():
        statement = statement.replace(f"{{{name}}}", str(value))
    return statement


def _without_transaction(conn: psycopg.Connection[Any], statement: str) -> None:
    """Some statements do not run inside a transaction, and would be refused for that; a lock only runs in one."""
    with contextlib.suppress(*(psycopg.errors.lookup(state) for state in {*REFUSALS, "25P01"})):
        conn.execute(statement.encode())
