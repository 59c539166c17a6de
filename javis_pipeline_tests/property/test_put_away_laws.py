"""Laws 31 and 32 over random histories: nothing is put away there but what was seen as it was, and nothing while that
is switched off; what is restored there comes back."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from javis_pipeline.errors import ChangedSinceSeen, RemoteBusy
from javis_pipeline.records import Missing
from javis_pipeline.records.policy import Way
from javis_pipeline.records.sync import PUTS_AWAY, Away, Operation, RecordPlan, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.sync.resolve import Choice
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.sync_histories import how_many
from javis_pipeline_tests.property.sync_memory import Crash, Halt, Issue, MemoryRemote, MemoryStore, World
from javis_pipeline_tests.unit.sync_stories import Scope

pytestmark = [pytest.mark.laws, pytest.mark.timeout(1800)]
HISTORIES = how_many("JAVIS_LAWS_HISTORIES", usual=60, thorough=10_000)
FAULTS = ("ok", "ok", "ok", "lost_before", "lost_after", "late", "busy", "refused")


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
    """A remote with an archive and a trash. `may` is what the setting says when something is sent."""

    def __init__(self, world: World, store: AwayStore) -> None:
        super().__init__(world)
        self.away: dict[str, Away] = {}
        self.store = store
        self.may: Way | None = None
        self.put = 0

    def _record(self, issue: Issue) -> RemoteRecord:
        away = self.away.get(issue.ref.resource_id)
        why = "it is away" if away else None
        return replace(super()._record(issue), away=away, read_only=why, is_listed=away != "archived")

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        if op.kind in PUTS_AWAY:
            self._check(op, current)
        return super().send(op, current)

    def _check(self, op: Operation, current: RemoteRecord) -> None:
        row = self.store.rows[op.ref.resource_id]
        if self.may is None or (self.may, op.kind) == ("archive", "removal") or row.local.removal == "done":
            raise Halt("something is put away that nobody wants away")
        chosen = [c for c in self.store.conflicts.values() if c.ref == op.ref and c.resolution == "local"]
        for name in () if chosen else self.store._synced():
            spec, raw = JIRA_ISSUE.fields[name], current.values[name]
            assert not isinstance(raw, Missing)
            if spec.codec.canonical(raw) != spec.codec.canonical(self.raw_of(name, row.local.base(name))):
                raise Halt(f"{name} was seen to be changed, and the record is put away")

    def execute(self, op: Operation, *, only: Sequence[str] | None = None) -> None:
        if op.kind in PUTS_AWAY:
            self.put += 1
            self.away[op.ref.resource_id] = "archived" if op.kind == "archive" else "trashed"
        elif op.ref.resource_id not in self.away:
            super().execute(op, only=only)


class AwayScope(Scope):
    """Two issues on both sides; people delete, edit, put away and restore."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.crash_rate = 0.0
        super().__init__(issues=2, description=None)
        self.world.at_point = self._point

    def make_store(self, world: World) -> AwayStore:
        self.mine = AwayStore(world)
        return self.mine

    def make_remote(self, world: World) -> AwayRemote:
        self.theirs = AwayRemote(world, self.mine)
        return self.theirs

    def _point(self, label: str) -> None:
        """People go on, and processes die, at every call."""
        if label.startswith("fetch") and self.rng.random() < self.crash_rate * 4:
            self._edit_there(self.rng.choice(self.refs).resource_id)
        if self.rng.random() < self.crash_rate:
            raise Crash(label)

    def _edit_there(self, resource_id: str) -> None:
        name, value = self.rng.choice((("title", f"there {self.rng.random()}"), ("labels", (f"l{self.rng.random()}",))))
        if resource_id not in self.theirs.away:
            self.theirs.edit(resource_id, name, value)

    def one_sync(self) -> None:
        self.theirs.may = self.mine.way
        with contextlib.suppress(Crash, RemoteBusy):
            self.sync(way_out=self.mine.way)

    def event(self) -> None:
        rng, ref = self.rng, self.rng.choice(self.refs)
        match rng.choice(("delete", "delete", "delete", "edit", "edit there", "away", "restore", "setting", "choose")):
            case "delete":
                self.mine.delete(ref.resource_id)
            case "edit":
                self.mine.edit(ref.resource_id, "title", f"here {rng.random()}")
            case "edit there":
                self._edit_there(ref.resource_id)
            case "away":
                self.theirs.away.setdefault(ref.resource_id, rng.choice(("archived", "trashed")))
            case "restore":
                self.theirs.away.pop(ref.resource_id, None)
            case "setting":
                self.mine.way = rng.choice((None, "archive", "delete"))
            case "choose":
                self._choose()
        self.world.now_ += timedelta(minutes=rng.choice((1, 10)))

    def _choose(self) -> None:
        for conflict in [c for c in self.mine.conflicts.values() if c.state == "open"]:
            choice: Choice = self.rng.choice(("local", "remote"))
            with contextlib.suppress(ChangedSinceSeen, Crash):
                resolve(self.mine, conflict.conflict_id, choice, self.run(), by="ann", seen=conflict)

    def play(self) -> None:
        self.mine.way = self.rng.choice(("archive", "delete", None))
        for _ in range(self.rng.randint(4, 14)):
            self.crash_rate = self.rng.choice((0, 0, 0.05))
            self.theirs.fault = lambda _: self.rng.choice(FAULTS)
            self.event()
            if self.rng.random() < 0.6:
                self.one_sync()
            self._execute_late()
        self._settle_down()

    def _execute_late(self) -> None:
        for op in self.theirs.late:
            self.theirs.execute(op)
        self.theirs.late.clear()

    def _settle_down(self) -> None:
        self.crash_rate = 0
        self.theirs.fault = lambda _: "ok"
        for _ in range(6):
            self.world.now_ += timedelta(days=1)
            self.one_sync()
        for ref in self.refs:
            self._check_row(ref)

    def _check_row(self, ref: ResourceRef) -> None:
        local, away = self.mine.rows[ref.resource_id].local, self.theirs.away.get(ref.resource_id)
        if local.deleted_at is None:
            return
        if local.removal == "done" and away is None:
            raise Halt("it was restored there, and stays deleted here")
        if local.removal in ("archive", "delete") and self.mine.way is not None and away is None:
            raise Halt(f"a deletion was lost: {dict(local.errors)}")


def test_only_what_was_seen_is_put_away_and_only_while_that_is_wanted() -> None:
    put = 0
    for seed in range(HISTORIES):
        scope = AwayScope(Random(seed))
        try:
            scope.play()
        except Halt as broken:
            raise Halt(f"seed {seed}: {broken}") from broken
        put += scope.theirs.put

    assert put > HISTORIES / 4
