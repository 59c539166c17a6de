"""The lock of a scope: one holder, told apart, gone with its session."""

import contextlib

import pytest

from javis_pipeline.db.locks import hold_scope
from javis_pipeline.errors import ScopeBusy


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
