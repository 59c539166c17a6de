"""Which projects a look at the journal wakes."""

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.records.values import ScopeRef
from javis_pipeline.steps.wake import Memory, wake

CONFIGURED = ("OQC", "EUV")


def look(db: Database, memory: Memory, *, busy: tuple[str, ...] = ()):
    return wake(db, memory, projects=CONFIGURED, project_of=_project_of, is_busy=lambda project: project in busy)


def _project_of(scope: ScopeRef) -> str | None:
    return scope.scope if scope.scope in CONFIGURED else None


def make_issues(db: Database, *keys: str) -> None:
    with db.transaction(origin="sync") as conn:
        for key in keys:
            conn.execute(
                "INSERT INTO jira_issues (key, jira_id, project_key, title) VALUES (%s, %s, %s, 'as it was')",
                [key, key, key.partition("-")[0]],
            )


def edit(conn: Connection, key: str) -> None:
    conn.execute("UPDATE jira_issues SET title = title || '!' WHERE key = %s", [key])


def test_given_edits_when_looked_then_each_project_is_woken_once_and_not_again(database: Database, conn: Connection):
    make_issues(database, "OQC-1", "OQC-2", "EUV-1", "XYZ-1")
    start = look(database, Memory()).memory
    for key in ("OQC-1", "OQC-2", "OQC-2", "XYZ-1"):
        edit(conn, key)
    conn.commit()

    first = look(database, start)
    second = look(database, first.memory)

    assert first.projects == ("OQC",)
    assert second.projects == ()


def test_given_an_edit_that_commits_after_later_ones_then_it_is_not_missed(
    database: Database, conn: Connection, other_conn: Connection
):
    make_issues(database, "OQC-1", "EUV-1")
    start = look(database, Memory()).memory
    edit(conn, "OQC-1")
    edit(other_conn, "EUV-1")
    other_conn.commit()

    before = look(database, start)
    conn.commit()
    after = look(database, before.memory)

    assert {*before.projects, *after.projects} == {"OQC", "EUV"}


def test_given_a_run_under_way_then_its_project_waits_and_the_others_do_not(database: Database, conn: Connection):
    make_issues(database, "OQC-1", "EUV-1")
    start = look(database, Memory()).memory
    edit(conn, "OQC-1")
    edit(conn, "EUV-1")
    conn.commit()

    during = look(database, start, busy=("OQC",))
    after = look(database, during.memory)

    assert (during.projects, during.memory.waiting) == (("EUV",), ("OQC",))
    assert (after.projects, after.memory.waiting) == (("OQC",), ())


def test_given_an_edit_that_was_sent_or_taken_back_meanwhile_then_it_wakes_nobody(database: Database, conn: Connection):
    make_issues(database, "OQC-1", "EUV-1")
    start = look(database, Memory()).memory
    edit(conn, "OQC-1")
    edit(conn, "EUV-1")
    conn.execute("UPDATE jira_issues SET title = 'as it was' WHERE key = 'EUV-1'")
    conn.commit()
    with database.transaction(origin="sync") as sync:
        sync.execute("UPDATE jira_issues SET local_modified_fields = '{}', sync_status = 'synced' WHERE key = 'OQC-1'")

    assert look(database, start).projects == ()


def test_given_the_first_look_then_every_project_is_woken(database: Database):
    assert look(database, Memory()).projects == ("EUV", "OQC")


def test_given_a_memory_from_another_server_then_it_starts_anew(database: Database, conn: Connection):
    make_issues(database, "OQC-1")
    edit(conn, "OQC-1")
    conn.commit()

    woken = look(database, Memory(read_to=10**15))

    assert woken.projects == ("OQC",)
    assert woken.memory.read_to is not None
    assert woken.memory.read_to < 10**15


def test_given_a_decided_conflict_then_it_wakes_its_project_once(database: Database):
    make_issues(database, "OQC-1")
    start = look(database, Memory()).memory
    database.query(
        "INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, state, created_at)"
        " VALUES (gen_random_uuid(), 'jira_issue', 'OQC-1', 'OQC', 'title', 'both_changed', 'resolved', now())"
    )

    first = look(database, start)
    second = look(database, first.memory)

    assert first.projects == ("OQC",)
    assert second.projects == ()


def test_given_a_wish_to_have_a_refused_field_asked_again_then_it_wakes_its_project_once(database: Database):
    make_issues(database, "OQC-1")
    start = look(database, Memory()).memory
    wish = '{"title": {"again": "2026-03-02T12:00:00+00:00"}}'
    with database.transaction(origin="sync") as conn:
        conn.execute("UPDATE jira_issues SET sync_refused = %s", [wish])

    woken = look(database, start)

    assert woken.projects == ("OQC",)
    assert look(database, woken.memory).projects == ()
