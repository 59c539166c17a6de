"""The laws of the sync over random histories, with the real steps on a store and a remote in memory.

`make laws` plays many more of them than an ordinary run; JAVIS_LAWS_HISTORIES sets the number.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from javis_pipeline.records.sync import Operation, PlanItem
from javis_pipeline.steps.reconcile import plan_records, reconcile_edited, reconcile_records, to_look_at
from javis_pipeline.steps.settle import settle_operations
from javis_pipeline.steps.undo import undo_run
from javis_pipeline.sync.run import Rules
from javis_pipeline_tests.property.sync_histories import LOCKED, SETTLED, History, how_many, play
from javis_pipeline_tests.property.sync_memory import Crash, MemoryRemote, local_of

HISTORIES = how_many("JAVIS_LAWS_HISTORIES", usual=2_000, thorough=10_000)
BATCHES = 10

pytestmark = pytest.mark.laws


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_edit_is_lost_and_every_history_converges(batch):
    for seed in range(batch * HISTORIES // BATCHES, (batch + 1) * HISTORIES // BATCHES):
        play(seed)


@given(st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_broken_law_shrinks_to_a_short_history(rng):
    History(rng).play()


@pytest.mark.parametrize("force", ["local", "remote"])
def test_forced_histories_lose_nothing_either(force):
    for seed in range(HISTORIES // 20):
        play(1_000_000 + seed, rules=Rules(force=force))


def test_calm_histories_push_every_intent_exactly_once():
    duplicates = 0
    for seed in range(HISTORIES // 20):
        history = History(Random(seed), faulty=False)
        history.play()
        wishes = [_intent(op) for op in history.remote.executed]
        duplicates += len(wishes) - len(set(wishes))

    assert duplicates == 0


def _intent(op: Operation) -> tuple[object, ...]:
    return (op.ref.resource_id, op.kind, repr(op.local), repr(op.expected), repr(op.add), repr(op.remove), op.local_seq)


# --- one fixed scenario, interrupted everywhere ----------------------------------------------------------------------


def a_busy_day() -> History:
    """Twelve records, each with another mixture of edits on the two sides."""
    history = History(Random(7), records=12, faulty=False)
    assert isinstance(history.remote, MemoryRemote)
    history.remote.marks = True
    rng = Random(11)
    history.rng = rng
    for _ in range(30):
        history.edit_locally()
        history.edit_remotely()
    return history


def points_of(history: History, at: int | None) -> int:
    """Run once; die at the given point. Returns how many points were passed."""
    passed = 0

    def count(label: str) -> None:
        nonlocal passed
        passed += 1
        if at is not None and passed == at:
            raise Crash(label)

    history.world.at_point = count
    try:
        history.sync(fresh=True)
    finally:
        history.world.at_point = lambda _: None
    return passed


def test_a_run_killed_at_any_point_loses_nothing():
    points = points_of(a_busy_day(), None)

    for at in range(1, points + 1):
        history = a_busy_day()
        with pytest.raises(Crash):
            points_of(history, at)
        history.settle_down()

    assert points > 150


# --- single laws -----------------------------------------------------------------------------------------------------


def test_every_step_repeated_changes_nothing():
    for seed in range(100):
        history = History(Random(seed), faulty=False)
        for _ in range(6):
            history.edit_locally()
            history.edit_remotely()
        run = history.run()
        refs = history.to_pull(fresh=True)
        reconcile_records(history.store, history.remote, refs, run, proved=True)
        reconcile_edited(history.store, history.remote, run, proved=True)
        writes = history.store.writes

        reconcile_records(history.store, history.remote, refs, run, proved=True)
        reconcile_edited(history.store, history.remote, run, proved=True)
        settle_operations(history.store, history.remote, run)

        assert history.store.writes == writes, seed


def test_a_dry_run_shows_what_the_run_then_does_and_writes_nothing():
    for seed in range(100):
        history = History(Random(seed), faulty=False)
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


@pytest.mark.parametrize("force", ["local", "remote"])
def test_a_force_resolves_exactly_the_conflicts_that_the_dry_run_lists(force):
    for seed in range(40):
        history = History(Random(seed))
        for _ in range(8):
            history.edit_locally()
            history.edit_remotely()
            history.try_to_sync()
        waiting = {c.conflict_id for c in history.store.conflicts.values() if c.state == "open"}
        run = replace(history.run(), rules=Rules(force=force))
        pulled = history.to_pull(fresh=False)

        shown = plan_records(history.store, history.remote, to_look_at(history.store, pulled, run), run, proved=True)
        done = reconcile_records(
            history.store, history.remote, to_look_at(history.store, pulled, run), run, proved=True
        )

        listed = Counter((item.resource_id, item.field) for item in shown.items if item.side == "forced")
        by_force = [c for c in history.store.conflicts.values() if c.resolved_by == "force"]
        assert [_told(item) for item in shown.items] == [_told(item) for item in done.items], seed
        assert Counter((c.ref.resource_id, c.field) for c in by_force) == listed, seed
        left = [history.store.conflicts[key] for key in waiting if history.store.conflicts[key].state == "open"]
        in_flight = {
            (op.ref.resource_id, f) for op in history.store.ops.values() if op.state == "sent" for f in op.fields
        }
        assert {(c.ref.resource_id, c.field) for c in left} <= in_flight, seed


def _told(item: PlanItem) -> tuple[object, ...]:
    """A line without the words, in which a time may be told."""
    return item.resource_id, item.field, item.side, item.old, item.new, item.row


def test_clocks_that_step_change_nothing():
    # Whether a stale copy came back is a question of duration by its nature; it can only add a conflict.
    rules = Rules(stale_write_grace=timedelta(microseconds=-1))
    for seed in range(200):
        outcomes = []
        for offset in (timedelta(0), timedelta(days=1), timedelta(days=-1), timedelta(hours=-1)):
            history = History(Random(seed), faulty=False, rules=rules)
            for _ in range(4):
                history.edit_locally()
                history.world.now_ += offset
                history.edit_remotely()
                history.sync(fresh=True)
            outcomes.append({key: row.local.values for key, row in history.store.rows.items()})

        assert all(outcome == outcomes[0] for outcome in outcomes), seed


def test_two_runners_that_interleave_push_each_intent_once():
    for seed in range(200):
        history = History(Random(seed), faulty=False)
        for _ in range(4):
            history.edit_locally()
        rng = Random(seed)
        nested = history.alone = False

        def other_runner(label: str, history: History = history, rng: Random = rng) -> None:
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

        wishes = [_intent(op) for op in history.remote.executed]
        assert len(wishes) == len(set(wishes)), seed


def test_undo_restores_both_sides():
    for seed in range(100):
        history = History(Random(seed), faulty=False)
        before = {ref.resource_id: dict(history.store.rows[ref.resource_id].local.values) for ref in history.refs}
        for ref in history.refs:
            for name in ("priority", "due_date", "labels"):
                value = history._value(name)
                history.store.edit(ref.resource_id, name, value)
        history.sync(fresh=True)
        run_id = f"run-{history.runs}"
        if not history.store.audit_of(run_id):
            continue

        undo_run(history.store, run_id, history.run(), by="ann")
        history.world.now_ += SETTLED
        history.sync(fresh=True)

        for ref in history.refs:
            for name in ("priority", "due_date", "labels"):
                assert history.store.rows[ref.resource_id].local.values[name] == before[ref.resource_id][name], seed
                there = local_of(name, history.remote.issues[ref.resource_id].values[name])
                assert there == before[ref.resource_id][name], seed
