"""Laws 31 and 32 over random histories: nothing is put away there but what was seen as it was, and nothing while that
is switched off; what is restored there comes back."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from javis_pipeline.errors import ChangedSinceSeen, RemoteBusy
from javis_pipeline.records import Missing
from javis_pipeline.records.policy import Way
from javis_pipeline.records.sync import PUTS_AWAY, Away, LocalRecord, Operation, RecordPlan, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.sync.resolve import Choice
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.away_histories import AwayHistory, Row, play
from javis_pipeline_tests.property.sync_histories import how_many
from javis_pipeline_tests.property.sync_memory import Crash, Issue, MemoryRemote, MemoryStore, World
from javis_pipeline_tests.unit.sync_stories import Scope

pytestmark = [pytest.mark.laws, pytest.mark.timeout(1800)]
HISTORIES = how_many("JAVIS_LAWS_HISTORIES", usual=60, thorough=10_000)


class AwayStore(MemoryStore):
    """A store that notes of each row that is deleted what becomes of its record."""

    way: Way | None = None

    def delete(self, resource_id: str) -> None:
        before = self.rows[resource_id].local.deleted_at
        super().delete(resource_id)
        if before is None:
            row = self.rows[resource_id]
            row.local = replace(row.local, removal=self.way)

    def _update(self, plan: RecordPlan, columns: dict[str, Any]) -> None:
        row = self.rows[plan.ref.resource_id]
        removal = columns.pop("removal", row.local.removal)
        super()._update(plan, columns)
        row.local = replace(row.local, removal=removal)

    def to_decide(self, *, conflicts: bool = False) -> Sequence[ResourceRef]:
        to_go = [row.local.ref for row in self.rows.values() if self._is_to_go(row.local.ref)]
        return [*super().to_decide(conflicts=conflicts), *to_go]

    def _is_to_go(self, ref: ResourceRef) -> bool:
        local = self.rows[ref.resource_id].local
        is_wanted = local.deleted_at is not None and local.removal in ("archive", "delete")
        return is_wanted and local.remote_state in ("present", "hidden")

    def count_put_away(self) -> int:
        return sum(self._is_to_go(row.local.ref) for row in self.rows.values())


class AwayRemote(MemoryRemote):
    """A remote with an archive and a trash. `checks` is told what is put away, when it is sent."""

    def __init__(self, world: World, store: AwayStore) -> None:
        super().__init__(world)
        self.away: dict[str, Away] = {}
        self.store = store
        self.checks: Callable[..., None] = lambda **_: None

    def _record(self, issue: Issue) -> RemoteRecord:
        away = self.away.get(issue.ref.resource_id)
        why = "it is away" if away else None
        return replace(super()._record(issue), away=away, read_only=why, is_listed=away != "archived")

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        if op.kind in PUTS_AWAY:
            self._check(op, current)
        return super().send(op, current)

    def _check(self, op: Operation, current: RemoteRecord) -> None:
        local = self.store.rows[op.ref.resource_id].local
        chosen = any(c.ref == op.ref and c.resolution == "local" for c in self.store.conflicts.values())
        changed = [] if chosen else [name for name in self.store._synced() if self._is_changed(name, local, current)]
        self.checks(removes=op.kind == "removal", removal=local.removal, changed=changed)

    def _is_changed(self, name: str, local: LocalRecord, current: RemoteRecord) -> bool:
        spec, raw = JIRA_ISSUE.fields[name], current.values[name]
        assert not isinstance(raw, Missing)
        return spec.codec.canonical(raw) != spec.codec.canonical(self.raw_of(name, local.base(name)))

    def execute(self, op: Operation, *, only: Sequence[str] | None = None) -> None:
        if op.kind in PUTS_AWAY:
            self.away[op.ref.resource_id] = "archived" if op.kind == "archive" else "trashed"
        elif op.ref.resource_id not in self.away:
            super().execute(op, only=only)


class AwayScope(AwayHistory, Scope):
    """Two issues in memory."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        Scope.__init__(self, issues=2, description=None)
        self.world.at_point = self._point
        self.theirs.checks = self.check_sent

    def make_store(self, world: World) -> AwayStore:
        self.mine = AwayStore(world)
        return self.mine

    def make_remote(self, world: World) -> AwayRemote:
        self.theirs = AwayRemote(world, self.mine)
        return self.theirs

    def _point(self, label: str) -> None:
        """People go on, and processes die, at every call."""
        if label.startswith("fetch") and self.rng.random() < self.crash_rate * 4:
            self.change_there(self.rng.choice(self.ids()))
        if self.rng.random() < self.crash_rate:
            raise Crash(label)

    def ids(self) -> Sequence[str]:
        return [ref.resource_id for ref in self.refs]

    def delete_here(self, record: str) -> None:
        self.mine.delete(record)

    def change_here(self, record: str) -> None:
        self.mine.edit(record, "title", f"here {self.rng.random()}")

    def change_there(self, record: str) -> None:
        name, value = self.rng.choice((("title", f"there {self.rng.random()}"), ("labels", (f"l{self.rng.random()}",))))
        if record not in self.theirs.away:
            self.theirs.edit(record, name, value)

    def put_there(self, record: str, away: Away) -> None:
        self.theirs.away.setdefault(record, away)

    def restore_there(self, record: str) -> None:
        self.theirs.away.pop(record, None)

    def set_way(self, way: Way | None) -> None:
        self.way = self.mine.way = way

    def choose(self) -> None:
        for conflict in [c for c in self.mine.conflicts.values() if c.state == "open"]:
            choice: Choice = self.rng.choice(("local", "remote"))
            with contextlib.suppress(ChangedSinceSeen, Crash):
                resolve(self.mine, conflict.conflict_id, choice, self.run(), by="ann", seen=conflict)

    def let_fail(self, fate: Callable[[], str]) -> None:
        self.theirs.fault = lambda _: fate()

    def one_sync(self) -> None:
        with contextlib.suppress(Crash, RemoteBusy):
            self.sync(way_out=self.way)

    def execute_late(self) -> None:
        for op in self.theirs.late:
            self.theirs.execute(op)
        self.theirs.late.clear()

    def pass_time(self, span: timedelta) -> None:
        self.world.now_ += span

    def standing(self, record: str) -> Row:
        local = self.mine.rows[record].local
        return Row(local.deleted_at is not None, local.removal, dict(local.errors))

    def is_away(self, record: str) -> bool:
        return record in self.theirs.away


def test_only_what_was_seen_is_put_away_and_only_while_that_is_wanted() -> None:
    put = 0
    for seed in range(HISTORIES):
        scope = AwayScope(Random(seed))
        play(scope, seed)
        put += scope.put

    assert put > HISTORIES / 4
