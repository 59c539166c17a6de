"""The lock of a scope: one holder, told apart, gone with its session."""

import contextlib
import threading
import time
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.locks import hold_scope
from javis_pipeline.errors import ScopeBusy, ScopeWanted


def test_given_a_held_scope_when_taken_again_then_the_error_says_who_holds_it(database):
    with hold_scope(database, "jira", "OQC", holder="nightly run 42"), pytest.raises(ScopeBusy) as busy:
        hold_scope(database, "jira", "OQC").__enter__()

    assert "jira OQC is being synced by 'nightly run 42: jira OQC' (database session " in str(busy.value)
    assert " UTC; wait for it to end" in str(busy.value)


def test_given_a_held_scope_when_other_scopes_are_taken_then_they_are_free(database):
    taken = [("jira", "OQC"), ("jira", "EUV"), ("confluence", "OQC")]

    with contextlib.ExitStack() as held:
        locks = [held.enter_context(hold_scope(database, *scope)) for scope in taken]

        for lock in locks:
            lock.check()


def test_given_a_block_that_fails_when_taken_again_then_the_scope_is_free(database):
    with pytest.raises(ZeroDivisionError), hold_scope(database, "jira", "OQC"):
        raise ZeroDivisionError

    with hold_scope(database, "jira", "OQC") as lock:
        lock.check()


def test_given_a_holder_whose_session_ended_when_it_checks_then_it_must_not_go_on(database):
    with hold_scope(database, "jira", "OQC", holder="first") as lock:
        database.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'first%%'", []
        )

        with pytest.raises(ScopeBusy, match="run the sync again"):
            lock.check()
        with hold_scope(database, "jira", "OQC") as second:
            second.check()


def key(database: Database) -> int:
    return int(database.query("SELECT key FROM sync_locks")[0]["key"])


def test_each_scope_has_a_random_key_of_its_own(database):
    for scope in [("jira", "OQC"), ("jira", "EUV"), ("confluence", "OQC")]:
        with hold_scope(database, *scope):
            pass

    keys = {row["key"] for row in database.query("SELECT key FROM sync_locks")}

    assert len(keys) == 3
    assert max(abs(found) for found in keys) > 2**32


@pytest.mark.parametrize("role", ["javis_app", "javis_read"])
def test_given_another_login_then_it_does_not_get_at_the_key_and_its_old_name_holds_up_nobody(
    database, make_login, role
):
    with psycopg.connect(make_login(role), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('javis jira OQC', 0))")
        for statement in ("SELECT key FROM sync_locks", "SELECT FROM sync_locks FOR UPDATE", "BEGIN; LOCK sync_locks"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute(statement)
            other.execute("ROLLBACK")

        with hold_scope(database, "jira", "OQC") as lock:
            lock.check()


def test_given_a_login_that_saw_the_key_and_keeps_it_then_it_is_named_and_the_next_run_has_another(
    database, make_login, caplog
):
    with hold_scope(database, "jira", "OQC"):
        seen = key(database)  # as pg_locks shows it to everybody
    with psycopg.connect(make_login("javis_app"), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [seen])
        login = other.info.user

        with hold_scope(database, "jira", "OQC", holder="first") as lock:
            lock.check()
            assert key(database) != seen
            with pytest.raises(ScopeBusy, match="by 'first: jira OQC'"):
                hold_scope(database, "jira", "OQC").__enter__()

    assert f"login '{login}'" in caplog.text


def test_given_logins_of_the_sync_then_they_exclude_each_other_and_the_owner(database, make_login):
    with (
        Database(make_login("javis_sync")) as one,
        Database(make_login("javis_sync")) as two,
    ):
        for first, second in ((one, two), (one, database), (database, one)):
            with (
                hold_scope(first, "jira", "OQC"),
                pytest.raises(ScopeBusy, match=r"jira OQC is being synced by '.+' \(database session \d+\)"),
            ):
                hold_scope(second, "jira", "OQC").__enter__()


def test_given_a_login_that_is_of_the_sync_without_inheritance_then_it_counts_as_a_sync(
    database, make_login, server_url
):
    login = make_login("javis_sync")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE {urlsplit(login).username} NOINHERIT")
    with hold_scope(database, "jira", "OQC"):
        held = key(database)
    with psycopg.connect(login, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [held])

        with pytest.raises(ScopeBusy):
            hold_scope(database, "jira", "OQC").__enter__()

        assert key(database) == held


def test_given_a_run_that_found_the_scope_taken_then_its_wish_stands_until_somebody_takes_it(database):
    with hold_scope(database, "jira", "OQC"), pytest.raises(ScopeBusy):
        hold_scope(database, "jira", "OQC", holder="second").__enter__()
    waiting = database.query("SELECT wanted_by FROM sync_locks")

    with hold_scope(database, "jira", "OQC"):
        taken = database.query("SELECT wanted_by FROM sync_locks")

    assert (waiting, taken) == ([{"wanted_by": "second"}], [{"wanted_by": None}])


def test_given_a_key_that_was_replaced_under_a_holder_when_it_checks_then_it_must_not_go_on(database):
    with hold_scope(database, "jira", "OQC") as lock:
        database.query("UPDATE sync_locks SET key = key + 1")

        with pytest.raises(ScopeBusy, match="key of its lock was replaced"):
            lock.check()


def test_given_many_that_want_a_scope_while_a_stranger_keeps_its_key_then_one_at_a_time_has_it(database, make_login):
    with hold_scope(database, "jira", "OQC"):
        seen = key(database)
    inside, most, taken = [0], [0], [0]
    mutex = threading.Lock()

    def want() -> None:
        for _ in range(10):
            with contextlib.suppress(ScopeBusy), hold_scope(database, "jira", "OQC"):
                with mutex:
                    inside[0] += 1
                    taken[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.002)
                with mutex:
                    inside[0] -= 1

    with psycopg.connect(make_login("javis_app"), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [seen])
        threads = [threading.Thread(target=want) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert most == [1]
    assert taken[0] > 0


def test_given_a_held_scope_then_no_transaction_holds_back_the_journal(database):
    with hold_scope(database, "jira", "OQC"):
        open_ones = database.query(
            "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
        )

    assert open_ones == [{"n": 0}]


def held_a_while(database: Database, seconds: float, *, heeds: bool) -> threading.Thread:
    """Somebody who yields, and gives it up when asked, or only after some seconds."""
    began = threading.Event()

    def hold() -> None:
        ends = time.monotonic() + seconds
        with contextlib.suppress(ScopeWanted), hold_scope(database, "jira", "OQC", holder="live", yields=True) as lock:
            began.set()
            while time.monotonic() < ends:
                if heeds:
                    lock.check()
                time.sleep(0.02)

    thread = threading.Thread(target=hold)
    thread.start()
    assert began.wait(10)
    return thread


def test_given_a_holder_that_yields_when_a_run_comes_then_it_has_the_scope_at_once(database):
    holder = held_a_while(database, 20, heeds=True)
    before = time.monotonic()

    with hold_scope(database, "jira", "OQC", holder="run") as lock:
        lock.check()
        with pytest.raises(ScopeBusy), hold_scope(database, "jira", "OQC", yields=True):
            pass

    assert time.monotonic() - before < 5
    holder.join()


def test_given_a_holder_that_yields_and_does_not_hear_then_the_run_waits_for_its_patience_and_no_longer(database):
    holder = held_a_while(database, 1.0, heeds=False)

    with pytest.raises(ScopeBusy, match="'live: jira OQC'"):
        hold_scope(database, "jira", "OQC", patience=timedelta(seconds=0.3)).__enter__()
    with hold_scope(database, "jira", "OQC"):
        pass

    holder.join()


def test_given_a_run_that_waits_then_who_yields_stays_away_and_comes_back_when_the_run_gave_up(database):
    with hold_scope(database, "jira", "OQC"), pytest.raises(ScopeBusy):
        hold_scope(database, "jira", "OQC", holder="second").__enter__()

    with pytest.raises(ScopeWanted), hold_scope(database, "jira", "OQC", yields=True):
        pass
    database.query("UPDATE sync_locks SET wanted_at = wanted_at - interval '3 seconds'")
    with hold_scope(database, "jira", "OQC", yields=True) as lock:
        lock.check()
        database.query("UPDATE sync_locks SET wanted_at = clock_timestamp()")
        with pytest.raises(ScopeWanted):
            lock.check()
