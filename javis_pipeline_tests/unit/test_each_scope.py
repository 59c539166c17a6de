"""Several spaces of a project, one after the other: one that fails costs itself, and is told in the end."""

from types import SimpleNamespace
from typing import Any

import pytest

from javis_pipeline.errors import RemoteBusy, ScopeBusy, SettingError
from javis_pipeline.steps.sync_scope import each_scope

JOBS: list[Any] = [
    SimpleNamespace(system=SimpleNamespace(name="confluence"), key=key) for key in ("ENG", "DOC", "OPS", "HB")
]


def test_given_all_go_well_then_each_result_comes_in_order():
    assert each_scope(JOBS, lambda job: job.key.lower()) == ["eng", "doc", "ops", "hb"]


def test_given_some_fail_then_the_others_are_done_and_the_first_failure_is_raised_with_all_of_them_logged(caplog):
    failing = {"ENG": SettingError("not visible"), "OPS": ScopeBusy("held by another run")}
    done = []

    def work(job):
        if job.key in failing:
            raise failing[job.key]
        done.append(job.key)

    with pytest.raises(SettingError, match="not visible"):
        each_scope(JOBS, work)

    assert done == ["DOC", "HB"]
    assert caplog.messages == [
        "confluence ENG failed: not visible",
        "confluence OPS failed: held by another run",
    ]


def test_given_a_fault_of_the_program_then_it_is_not_taken_for_a_failure_of_one_scope():
    done = []

    def work(job):
        done.append(job.key)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        each_scope(JOBS, work)
    assert done == ["ENG"]


def test_given_the_last_one_fails_then_that_is_told_too():
    def work(job):
        if job.key == "HB":
            raise RemoteBusy("later")

    with pytest.raises(RemoteBusy):
        each_scope(JOBS, work)
