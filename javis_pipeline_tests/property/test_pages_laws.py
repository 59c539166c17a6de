"""The laws of the sync hold for pages: random histories with version conflicts, and the real steps in between.

`make laws` plays many more of them than an ordinary run; JAVIS_LAWS_PAGE_HISTORIES sets the number.
"""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from javis_pipeline.steps.reconcile import plan_records, reconcile_edited, reconcile_records
from javis_pipeline.steps.settle import settle_operations
from javis_pipeline.sync.run import Rules
from javis_pipeline_tests.property.page_histories import PageHistory
from javis_pipeline_tests.property.sync_histories import LOCKED, how_many, play
from javis_pipeline_tests.property.sync_memory import Crash

HISTORIES = how_many("JAVIS_LAWS_PAGE_HISTORIES", usual=600, thorough=10_000)
BATCHES = 3

pytestmark = pytest.mark.laws


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_edit_of_a_page_is_lost_and_every_history_converges(batch):
    for seed in range(batch * HISTORIES // BATCHES, (batch + 1) * HISTORIES // BATCHES):
        play(seed, PageHistory)


@given(st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_broken_law_of_pages_shrinks_to_a_short_history(rng):
    PageHistory(rng).play()


@pytest.mark.parametrize("force", ["local", "remote"])
def test_forced_histories_of_pages_lose_nothing_either(force):
    for seed in range(HISTORIES // 10):
        play(1_000_000 + seed, PageHistory, rules=Rules(force=force))


def test_a_stale_write_never_replaces_what_it_did_not_see():
    replaced = 0
    for seed in range(HISTORIES // 10):
        history = PageHistory(Random(seed))
        history.play()
        replaced += sum(conflict.kind == "overwrote_remote" for conflict in history.store.conflicts.values())

    assert replaced == 0


def test_calm_histories_make_one_version_for_each_intent():
    for seed in range(HISTORIES // 10):
        history = PageHistory(Random(seed), faulty=False)
        history.play()
        wishes = [(op.ref.resource_id, op.kind, repr(op.local), op.local_seq) for op in history.remote.executed]

        assert len(wishes) == len(set(wishes)), seed


def a_busy_day() -> PageHistory:
    """Eight pages, each with another mixture of edits on the two sides."""
    history = PageHistory(Random(7), records=8, faulty=False)
    history.field_names = list(history.synced)
    history.rng = Random(11)
    for _ in range(24):
        history.edit_locally()
        history.edit_remotely()
    return history


def points_of(history: PageHistory, at: int | None) -> int:
    """Run once; die at the given point. Returns how many points were passed."""
    passed = 0

    def count(label: str) -> None:
        nonlocal passed
        passed += 1
        if passed == at:
            raise Crash(label)

    history.world.at_point = count
    try:
        history.sync(fresh=True)
    finally:
        history.world.at_point = lambda _: None
    return passed


def test_a_run_over_pages_killed_at_any_point_loses_nothing():
    points = points_of(a_busy_day(), None)

    for at in range(1, points + 1):
        history = a_busy_day()
        with pytest.raises(Crash):
            points_of(history, at)
        history.settle_down()

    assert points > 100


def test_every_step_over_pages_repeated_changes_nothing():
    for seed in range(50):
        history = PageHistory(Random(seed), faulty=False)
        for _ in range(6):
            history.edit_locally()
            history.edit_remotely()
        run, refs = history.run(), history.to_pull(fresh=True)
        reconcile_records(history.store, history.remote, refs, run, proved=True)
        reconcile_edited(history.store, history.remote, run, proved=True)
        writes = history.store.writes

        reconcile_records(history.store, history.remote, refs, run, proved=True)
        reconcile_edited(history.store, history.remote, run, proved=True)
        settle_operations(history.store, history.remote, run)

        assert history.store.writes == writes, seed


def test_a_dry_run_over_pages_shows_what_the_run_then_does_and_writes_nothing():
    for seed in range(50):
        history = PageHistory(Random(seed), faulty=False)
        for _ in range(6):
            history.edit_locally()
            history.edit_remotely()
        refs = [row.local.ref for row in history.store.rows.values()]
        writes = history.store.writes

        shown = plan_records(history.store, history.remote, refs, history.run(), proved=True).items
        assert history.store.writes == writes
        assert not history.remote.sent
        done = reconcile_records(history.store, history.remote, refs, history.run(), proved=True).items

        assert shown == done, seed


def test_two_runners_over_pages_that_interleave_save_each_intent_once():
    for seed in range(100):
        history = PageHistory(Random(seed), faulty=False)
        for _ in range(4):
            history.edit_locally()
        rng = Random(seed)
        nested = history.alone = False

        def other_runner(label: str, history: PageHistory = history, rng: Random = rng) -> None:
            nonlocal nested
            if not nested and label not in LOCKED and rng.random() < 0.1:
                nested = True
                try:
                    history.sync(fresh=True)
                finally:
                    nested = False

        history.world.at_point = other_runner
        history.sync(fresh=True)
        history.world.at_point = lambda _: None
        history.settle_down()

        wishes = [(op.ref.resource_id, op.kind, repr(op.local), op.local_seq) for op in history.remote.executed]
        assert len(wishes) == len(set(wishes)), seed
