"""One or more issues on both sides in memory, in step, for stories about what becomes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from javis_pipeline.records.sync import Conflict, LocalRecord, Overrides, PlanItem
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.steps.reconcile import plan_records, reconcile_records, to_look_at
from javis_pipeline.steps.send_edits import send_edits
from javis_pipeline.steps.sync_scope import merge_pulled
from javis_pipeline.sync.fields import Kind
from javis_pipeline.sync.run import Rules, Run
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.sync_memory import (
    CATALOG,
    OUR_ACCOUNT,
    Books,
    MemoryRemote,
    MemoryStore,
    World,
    local_of,
)

NO = Overrides()


class Scope:
    """One issue on both sides, in step."""

    kind: Kind = JIRA_ISSUE

    def __init__(self, *, issues: int = 1, **values) -> None:
        self.world = World()
        self.store = self.make_store(self.world)
        self.remote = self.make_remote(self.world)
        given = {"title": "Fix login", "status": "To Do", "priority": "Medium", "labels": ("auth",), **values}
        self.refs = [self.remote.create(n + 1, **given) for n in range(issues)]
        self.runs = 0
        self.sync()

    def make_store(self, world: World) -> Books:
        return MemoryStore(world)

    def make_remote(self, world: World) -> MemoryRemote:
        return MemoryRemote(world)

    @property
    def ref(self) -> ResourceRef:
        return self.refs[0]

    @property
    def id(self) -> str:
        return self.ref.resource_id

    @property
    def now(self) -> datetime:
        return self.world.now_

    def run(self, **rules) -> Run:
        self.runs += 1
        return Run(
            run_id=f"run-{self.runs}",
            now=self.world.now,
            new_id=self.world.new_id,
            account_id=OUR_ACCOUNT,
            kind=self.kind,
            catalog=CATALOG,
            rules=Rules(**rules),
        )

    def reconcile(self, *, proved: bool = True, **rules):
        return reconcile_records(self.store, self.remote, self.refs, self.run(**rules), proved=proved)

    def sync(self, *, pulled: Sequence[ResourceRef] | None = None, **rules) -> str:
        """One run, in which the pull hands on these records, or all; its id."""
        run = self.run(**rules)
        merge_pulled(self.store, self.remote, self.refs if pulled is None else pulled, run)
        send_edits(self.store, self.remote, replace(run, rules=replace(run.rules, force="none")), NO)
        return run.run_id

    def plan(self, *, pulled: Sequence[ResourceRef] | None = None, **rules) -> Sequence[PlanItem]:
        """What `sync` would do, as a dry run shows it."""
        run = self.run(**rules)
        wanted = to_look_at(self.store, self.refs if pulled is None else pulled, run)
        return plan_records(self.store, self.remote, wanted, run, proved=True).items

    def edit(self, **values) -> None:
        """A person here. Long after the sync's last write."""
        self.world.now_ += timedelta(hours=1)
        for name, value in values.items():
            self.store.edit(self.id, name, value)

    def edit_there(self, **values) -> None:
        self.world.now_ += timedelta(hours=1)
        for name, value in values.items():
            self.remote.edit(self.id, name, value)

    @property
    def row(self) -> LocalRecord:
        return self.store.rows[self.id].local

    @property
    def here(self) -> Mapping[str, Value]:
        return self.row.values

    def there(self, name: str) -> Value:
        return local_of(name, self.remote.issues[self.id].values[name])

    @property
    def conflicts(self) -> list[Conflict]:
        return list(self.store.conflicts.values())

    def open_conflicts(self) -> list[tuple[str, str, Value, Value, Value]]:
        return [(c.kind, c.field, c.base, c.local, c.remote) for c in self.conflicts if c.state == "open"]
