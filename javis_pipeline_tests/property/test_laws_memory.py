"""The laws of the sync over random histories, with the real steps on a store and a remote in memory, in each world.

`make laws` plays many more of them than an ordinary run; JAVIS_LAWS_HISTORIES sets the number.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from javis_pipeline.records.sync import Operation, PlanItem
from javis_pipeline.steps.reconcile import plan_records, reconcile_records, to_look_at
from javis_pipeline.steps.settle import settle_operations
from javis_pipeline.steps.undo import undo_run
from javis_pipeline.sync.run import Rules
from javis_pipeline_tests.property.memory_worlds import WORLDS, MemoryWorld
from javis_pipeline_tests.property.sync_histories import LOCKED, SETTLED, History, how_many, play
from javis_pipeline_tests.property.sync_memory import Crash, Halt

# So many histories are one test: the tests of a law run side by side.
BATCH = 200
# Of the points where a run can be killed every third is tried; by `make laws` each.
EVERY = how_many("JAVIS_LAWS_EVERY", usual=3, thorough=1)

pytestmark = pytest.mark.laws
in_each_world = pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
forced = pytest.mark.parametrize("force", ["local", "remote"])


def _batches() -> Iterator[object]:
    for world in WORLDS:
        for number, first in enumerate(range(0, world.histories, BATCH)):
            seeds = range(first, min(first + BATCH, world.histories))
            yield pytest.param(world, seeds, id=f"{world.name}-{number}")


@pytest.mark.parametrize(("world", "seeds"), [*_batches()])
def test_no_edit_is_lost_and_every_history_converges(world: MemoryWorld, seeds: range) -> None:
    for seed in seeds:
        play(seed, world.make)


@in_each_world
@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_broken_law_shrinks_to_a_short_history(world: MemoryWorld, rng: Random) -> None:
    world.make(rng).play()


@in_each_world
@forced
def test_forced_histories_lose_nothing_either(world: MemoryWorld, force: Literal["local", "remote"]) -> None:
    for seed in world.some(1 / 20):
        play(1_000_000 + seed, world.make, rules=Rules(force=force))


@in_each_world
def test_calm_histories_push_every_intent_exactly_once(world: MemoryWorld) -> None:
    for seed in world.some(1 / 20):
        history = world.make(Random(seed), faulty=False)
        history.play()
        # A yes that changed nothing is tried again: somebody had put the value there already, and then took it back.
        ignored = {op.op_id for op in history.store.operations("rejected")}
        wishes = [_intent(op) for op in history.remote.executed if op.op_id not in ignored]

        assert len(wishes) == len(set(wishes)), seed


def _intent(op: Operation) -> tuple[object, ...]:
    return (op.ref.resource_id, op.kind, repr(op.local), repr(op.expected), repr(op.add), repr(op.remove), op.local_seq)


def test_where_the_remote_compares_versions_a_stale_write_never_replaces_what_it_did_not_see() -> None:
    pages = next(world for world in WORLDS if world.name == "pages")
    replaced = 0
    for seed in pages.some(1 / 10):
        history = play(seed, pages.make)
        replaced += sum(conflict.kind == "overwrote_remote" for conflict in history.store.conflicts.values())

    assert replaced == 0


# --- one fixed scenario, interrupted everywhere ----------------------------------------------------------------------


def points_of(history: History, at: int | None, *, live: bool = False) -> int:
    """Run once, or have `javis live` hear of all records; die at the given point. How many points were passed."""
    passed = 0

    def count(label: str) -> None:
        nonlocal passed
        passed += 1
        if at is not None and passed == at:
            raise Crash(label)

    history.world.at_point = count
    try:
        if live:
            history.turn(history.refs)
        else:
            history.sync(fresh=True)
    finally:
        history.world.at_point = lambda _: None
    return passed


@in_each_world
def test_a_run_killed_at_any_point_loses_nothing(world: MemoryWorld) -> None:
    points = points_of(world.busy_day(), None)

    for at in range(1, points + 1, EVERY):
        history = world.busy_day()
        with pytest.raises(Crash):
            points_of(history, at)
        history.settle_down()

    assert points > world.points


@in_each_world
def test_a_live_sync_killed_at_any_point_loses_nothing(world: MemoryWorld) -> None:
    points = points_of(world.short_day(), None, live=True)

    for at in range(1, points + 1, EVERY):
        history = world.short_day()
        with pytest.raises(Crash):
            points_of(history, at, live=True)
        history.settle_down()

    assert points > 20


@in_each_world
def test_hints_of_any_sort_change_nothing_but_the_time(world: MemoryWorld) -> None:
    """Lost, late, doubled, reordered, forged and invented ones are all the same: any records, at any time."""
    for seed in world.some(1 / 8):
        history = world.make(Random(2_000_000 + seed))
        history.events = {**history.events, "try_to_sync": 15, "hear": 40}
        try:
            history.play()
        except Halt as broken:
            raise Halt(f"seed {seed}: {broken}") from broken


# Pages in memory come without their history, so that it is asked for before the write.
@pytest.mark.parametrize("world", WORLDS[:2], ids=lambda world: world.name)
def test_a_lone_edit_is_looked_at_once_before_it_goes_out(world: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for seed in world.some(1 / 50):
        history = world.make(Random(seed), faulty=False)
        history.sync(fresh=True)
        history.store.edit(history.refs[0].resource_id, "title", f"Edited {seed}")
        for name in ("fetch", "send"):
            monkeypatch.setattr(history.remote, name, _noted(asked, name, getattr(history.remote, name)))
        asked.clear()
        history.sync(fresh=True)

        assert asked[:2] == ["fetch", "send"], seed


def _noted(asked: list[str], name: str, call: Callable[..., object]) -> Callable[..., object]:
    """The call, noted by its name."""

    def noted(*given: object, **named: object) -> object:
        asked.append(name)
        return call(*given, **named)

    return noted


# --- single laws -----------------------------------------------------------------------------------------------------


@in_each_world
def test_every_step_repeated_changes_nothing(world: MemoryWorld) -> None:
    for seed in world.some(1 / 20):
        history = world.make(Random(seed), faulty=False)
        for _ in range(6):
            history.edit_locally()
            history.edit_remotely()
        run = history.run()
        refs = history.to_pull(fresh=True)
        reconcile_records(history.store, history.remote, refs, run, proved=True)
        reconcile_records(history.store, history.remote, history.store.to_decide(), run, proved=True)
        writes = history.store.writes

        reconcile_records(history.store, history.remote, refs, run, proved=True)
        reconcile_records(history.store, history.remote, history.store.to_decide(), run, proved=True)
        settle_operations(history.store, history.remote, run)

        assert history.store.writes == writes, seed


@in_each_world
def test_a_dry_run_shows_what_the_run_then_does_and_writes_nothing(world: MemoryWorld) -> None:
    for seed in world.some(1 / 20):
        history = world.make(Random(seed), faulty=False)
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


@in_each_world
@forced
def test_a_force_resolves_exactly_the_conflicts_that_the_dry_run_lists(
    world: MemoryWorld, force: Literal["local", "remote"]
) -> None:
    for seed in world.some(1 / 50):
        history = world.make(Random(seed))
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


@in_each_world
def test_clocks_that_step_change_nothing(world: MemoryWorld) -> None:
    # Whether a stale copy came back is a question of duration by its nature; it can only add a conflict.
    rules = Rules(stale_write_grace=timedelta(microseconds=-1))
    for seed in world.some(1 / 10):
        outcomes = []
        for offset in (timedelta(0), timedelta(days=1), timedelta(days=-1), timedelta(hours=-1)):
            history = world.make(Random(seed), faulty=False, rules=rules)
            for _ in range(4):
                history.edit_locally()
                history.world.now_ += offset
                history.edit_remotely()
                history.sync(fresh=True)
            outcomes.append({key: row.local.values for key, row in history.store.rows.items()})

        assert all(outcome == outcomes[0] for outcome in outcomes), seed


@in_each_world
def test_two_runners_that_interleave_push_each_intent_once(world: MemoryWorld) -> None:
    for seed in world.some(1 / 10):
        history = world.make(Random(seed), faulty=False)
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


@in_each_world
def test_undo_restores_both_sides(world: MemoryWorld) -> None:
    for seed in world.some(1 / 20):
        history = world.make(Random(seed), faulty=False)
        before = {ref.resource_id: dict(history.store.rows[ref.resource_id].local.values) for ref in history.refs}
        raw_before = {ref.resource_id: dict(history.remote.issues[ref.resource_id].values) for ref in history.refs}
        for ref in history.refs:
            for name in world.undone:
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
            for name in world.undone:
                canonical = history.kind.fields[name].codec.canonical
                here, there = history.store.rows[ref.resource_id].local, history.remote.issues[ref.resource_id]
                assert canonical(there.values[name]) == canonical(raw_before[ref.resource_id][name]), seed
                assert canonical(here.values[name]) == canonical(before[ref.resource_id][name]), seed
