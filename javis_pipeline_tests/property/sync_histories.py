"""Random histories of a scope: people edit on both sides, the sync runs, everything that can fail does; then the laws.

A history is drawn from one source of randomness, so that it can be repeated by its seed and shrunk by Hypothesis.
"""

import contextlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

import hypothesis

from javis_pipeline.errors import ChangedSinceSeen, RemoteBusy, UsageError
from javis_pipeline.records import MISSING
from javis_pipeline.records.sync import WHOLE_RECORD, Conflict, LocalRecord, Operation, Overrides, PlanItem, RecordPlan
from javis_pipeline.records.values import ResourceRef, Value, as_set
from javis_pipeline.steps.ports import RemoteRecords
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.send_edits import send_edits
from javis_pipeline.steps.sync_scope import merge_pulled
from javis_pipeline.sync.conflicts import OFFERS, edits_shown
from javis_pipeline.sync.fields import Kind
from javis_pipeline.sync.resolve import Choice
from javis_pipeline.sync.run import Rules, Run
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.sync_memory import (
    FIELDS,
    PRIORITIES,
    STATUSES,
    SYNCED,
    Books,
    Crash,
    Halt,
    MemoryRemote,
    MemoryStore,
    World,
    local_of,
)

WORDS = ("red", "green", "blue", "amber")
FAULTS = (
    "ok",
    "ok",
    "ok",
    "ok",
    "lost_before",
    "lost_after",
    "late",
    "busy",
    "refused",
    "unnamed",
    "ignored",
    "partly",
    "stale",
)
# Inside a transaction that holds the row's lock: whoever wants to write the row waits.
LOCKED = frozenset({"begin", "before commit"})
MOST_WRITES = Overrides(writes=10_000, deletions=10_000)
SETTLED = timedelta(minutes=10)


class Seen(Protocol):
    """A record of the remote, as people and the laws look at it."""

    ref: ResourceRef
    visible: bool

    @property
    def values(self) -> Mapping[str, Value]: ...

    @property
    def updated(self) -> datetime | None: ...


class Site(RemoteRecords, Protocol):
    """The remote of a world: what the sync is given, what people do there, and what goes wrong on the way.

    Attributes:
        fault: What befalls a write of this sort; one of FAULTS.
        missing_fields: Fields that the next answer leaves out.
        late: Writes that have not been executed yet.
        sent: All that were asked for, in order.
        executed: All that were executed.
        observe: Told the value that a field is about to lose, and to which write of ours.
    """

    account_id: str
    fault: Callable[[str], str]
    missing_fields: Callable[[], Sequence[str]]
    late: list[Operation]
    sent: list[Operation]
    executed: list[Operation]
    observe: Callable[..., None]

    @property
    def issues(self) -> Mapping[str, Seen]: ...

    def create(self, number: int, **values: Value) -> ResourceRef: ...

    def edit(self, resource_id: str, name: str, value: Value) -> None: ...

    def execute(self, op: Operation) -> None: ...


class History:
    """One history. `play` makes it happen; it raises `Halt` when a law is broken."""

    kind: Kind = JIRA_ISSUE
    people: Sequence[str] = ("u1", "u2")
    parents: Sequence[str] = ("OPS-7", "OPS-8")
    synced: Sequence[str] = tuple(SYNCED)
    statuses: Sequence[str] = tuple(STATUSES)
    priorities: Sequence[str] = tuple(PRIORITIES)
    # What may happen next, by the name of its method, and how often that is.
    events: Mapping[str, int] = {
        "edit_locally": 27,
        "edit_remotely": 18,
        "try_to_sync": 45,
        "resolve_something": 4,
        "delete_locally": 2,
        "write_behind_the_trigger": 2,
        "run_late": 2,
        "step_the_clocks": 2,
        "wait": 2,
        "hide_or_show": 2,
        "move_something": 2,
    }

    def __init__(self, rng: Random, *, records: int = 2, faulty: bool = True, rules: Rules | None = None) -> None:
        self.rng = rng
        self.rules = rules or Rules()
        # People meet on few fields; spread over all of them they would hardly ever clash.
        self.field_names = rng.sample(self.synced, rng.choice((1, 2, 3, len(self.synced))))
        self.world = World()
        self.store: Books = self.make_store(self.world)
        self.remote: Site = self.make_remote(self.world)
        self.refs = [self.remote.create(number + 1, **self._values()) for number in range(records)]
        self.runs = 0
        self.alone = True
        self.faulty = False
        self.crash_rate = self.edit_rate = 0.0
        self.seen: dict[tuple[str, str, str], list[Value]] = defaultdict(list)
        self.overwritten_remote: list[tuple[str, str, Value]] = []
        self.touched: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        self.overwritten_edits = 0
        self.store.observe = self._check_local
        self.remote.observe = self._note_remote
        for ref in self.refs:
            for name in self.synced:
                self._remember("remote", ref.resource_id, name, local_of(name, self._issue(ref).values[name]))
        self.index: dict[str, object] = {}
        self.sync()
        self.initial_labels = {
            ref.resource_id: set(self._elements(self._issue(ref).values["labels"])) for ref in self.refs
        }
        self.world.at_point = self._at_point
        self.faulty = faulty

    def make_store(self, world: World) -> Books:
        return MemoryStore(world)

    def make_remote(self, world: World) -> Site:
        return MemoryRemote(world, marks=self.rng.random() < 0.7)

    # --- what happens ---

    def play(self, steps: int = 24) -> None:
        names, weights = list(self.events), list(self.events.values())
        for name in self.rng.choices(names, weights, k=self.rng.randint(steps // 4, steps)):
            getattr(self, name)()
        self.settle_down()

    def step_the_clocks(self) -> None:
        self.world.now_ += timedelta(days=self.rng.choice((-1, 1)), hours=self.rng.choice((-1, 0, 1)))

    def wait(self) -> None:
        self.world.now_ += SETTLED

    def write_behind_the_trigger(self) -> None:
        """Somebody who may switch triggers off changes a row that nobody has edited."""
        ref = self.rng.choice(self.refs)
        if not self.store.rows[ref.resource_id].local.bases:
            name = self.rng.choice(self.synced)
            value = self._value(name)
            self.store.edit_behind_the_trigger(ref.resource_id, name, value)
            self._remember("local", ref.resource_id, name, value)
            self.touched[ref.resource_id, "labels"].update((e, "?") for e in WORDS)

    def delete_locally(self) -> None:
        self.store.delete(self.rng.choice(self.refs).resource_id)

    def hide_or_show(self) -> None:
        """Our account loses sight of a record, or sees it again."""
        issue = self._issue(self.rng.choice(self.refs))
        issue.visible = not issue.visible

    def move_something(self) -> None:
        self.move(self._issue(self.rng.choice(self.refs)))

    def move(self, issue: Seen) -> None:
        """An issue gets another key."""
        issue.ref = ResourceRef(
            resource_type="jira_issue",
            resource_id=issue.ref.resource_id,
            scope="OPS",
            key=f"OPS-{self.rng.randint(10, 99)}",
        )

    def resolve_something(self) -> None:
        """A person chooses, perhaps between values that are not current any more."""
        waiting = [c for c in self.store.conflicts.values() if c.state == "open"]
        if not waiting:
            return
        conflict = self.rng.choice(waiting)
        choice: Choice = self.rng.choice(("local", "remote", "manual"))
        value = self._value(conflict.field) if conflict.field in self.synced else None
        if choice == "manual":
            self._remember("local", conflict.ref.resource_id, conflict.field, value)
        with contextlib.suppress(ChangedSinceSeen, UsageError):
            resolve(self.store, conflict.conflict_id, choice, self.run(), by="ann", value=value)

    def try_to_sync(self) -> None:
        """A run that may die at any point, during which people go on editing."""
        self.crash_rate = self.rng.choice((0, 0, 0.05, 0.15)) if self.faulty else 0
        self.edit_rate = self.rng.choice((0, 0.05, 0.2))
        self.remote.fault = lambda _: self.rng.choice(FAULTS) if self.faulty else "ok"
        self.remote.missing_fields = lambda: [self.rng.choice(self.synced)] if self.rng.random() < 0.05 else ()
        with contextlib.suppress(Crash, RemoteBusy):
            self.sync()
        self.quiet()

    def hear(self) -> None:
        """A turn of `javis live`, told of any records: of those that changed or did not, of one twice, of an invented
        one, or of none that did; whatever else may happen to a run happens to it as well."""
        self.crash_rate = self.rng.choice((0, 0, 0.05, 0.15)) if self.faulty else 0
        self.edit_rate = self.rng.choice((0, 0.05, 0.2))
        self.remote.fault = lambda _: self.rng.choice(FAULTS) if self.faulty else "ok"
        invented = ResourceRef(resource_type=self.kind.resource_type, resource_id="999999", scope="OPS", key="OPS-999")
        with contextlib.suppress(Crash, RemoteBusy):
            self.turn(self.rng.choices([*self.refs, invented], k=self.rng.randint(0, 3)))
        self.quiet()

    def turn(self, told: Sequence[ResourceRef]) -> None:
        """What `javis live` does with what it was told, and with what was edited here."""
        run = self.run()
        merge_pulled(self.store, self.remote, told, run, proved=False)
        send_edits(self.store, self.remote, run, MOST_WRITES, proved=False)

    def quiet(self) -> None:
        self.crash_rate = self.edit_rate = 0
        self.remote.fault = lambda _: "ok"
        self.remote.missing_fields = tuple

    def settle_down(self) -> None:
        """Edits and faults stop. The laws must hold after at most three runs, and one more must change nothing."""
        self.quiet()
        self.run_late()
        self.world.now_ += timedelta(days=2)  # what was refused is asked again by now
        for issue in self.remote.issues.values():
            issue.visible = True
        for _ in range(3):
            self.world.now_ += SETTLED
            self.sync(fresh=True)
        self.check_settled()
        self.check_no_echo(fresh=True)

    def check_no_echo(self, *, fresh: bool) -> None:
        writes, sent = self.store.writes, len(self.remote.sent)
        self.world.now_ += SETTLED
        self.sync(fresh=fresh)
        if (self.store.writes, len(self.remote.sent)) != (writes, sent):
            raise Halt("no echo: one more run changed something")

    def run_late(self) -> None:
        late, self.remote.late = self.remote.late, []
        for op in late:
            self.remote.execute(op)

    def run(self) -> Run:
        self.runs += 1
        catalog, account_id = self.store.catalog(), self.remote.account_id
        return Run(
            run_id=f"run-{self.runs}",
            now=self.world.now,
            new_id=self.world.new_id,
            account_id=account_id,
            kind=self.kind,
            catalog=catalog,
            rules=self.rules,
        )

    def sync(self, *, fresh: bool = False) -> list[PlanItem]:
        """One run: settle, pull what the index shows, decide, push. `fresh`: the index has caught up."""
        run = self.run()
        first = len(self.remote.executed)
        merged = merge_pulled(self.store, self.remote, self.to_pull(fresh=fresh), run)
        sent = send_edits(self.store, self.remote, run, MOST_WRITES)
        per_record = Counter(
            (op.ref.resource_id, op.kind) for op in self.remote.executed[first:] if op.run_id == run.run_id
        )
        if self.alone and max(per_record.values(), default=0) > 1:
            raise Halt("more than one request of a sort for a record in one run")
        return [*merged.items, *sent.decided.items]

    def to_pull(self, *, fresh: bool) -> Sequence[ResourceRef]:
        """What the sweep shows: with a lagging index, some records as they were at an earlier sweep."""
        wanted = []
        for key, issue in self.remote.issues.items():
            if fresh or self.rng.random() < 0.7:
                self.index[key] = issue.updated
            row = self.store.rows.get(key)
            if row is None or row.is_unmarked:
                wanted.append(issue.ref)
                continue
            local = row.local
            changed = key in self.index and local.revision != self.index[key]
            if changed or local.remote_state != "present" or local.missing_since or local.ref != issue.ref:
                wanted.append(issue.ref)
        return wanted

    def _at_point(self, label: str) -> None:
        rng = self.rng
        if self.crash_rate and rng.random() < self.crash_rate:
            raise Crash(label)
        if self.edit_rate and rng.random() < self.edit_rate:
            if rng.random() < 0.5 and label not in LOCKED:
                self.edit_locally()
            else:
                self.edit_remotely()

    # --- people ---

    def edit_locally(self) -> None:
        ref = self.rng.choice(self.refs)
        row = self.store.rows[ref.resource_id]
        if row.local.deleted_at is not None:
            return
        name = self.rng.choice(self.field_names)
        old = row.local.values.get(name)
        value = self._next_labels(ref, old, "local") if name == "labels" else self._local_value(name, old)
        self.store.edit(ref.resource_id, name, value)
        self._remember("local", ref.resource_id, name, value)

    def edit_remotely(self) -> None:
        ref = self.rng.choice(self.refs)
        issue = self._issue(ref)
        name = self.rng.choice(self.field_names)
        if name == "labels":
            self.remote.edit(ref.resource_id, name, self._next_labels(ref, issue.values[name], "remote"))
        else:
            old = local_of(name, issue.values[name])
            self.remote.edit(
                ref.resource_id, name, self._edited_text(old) if FIELDS[name].is_text else self._value(name)
            )

    def _next_labels(self, ref: ResourceRef, old: Value, side: str) -> Value:
        word = self.rng.choice(WORDS)
        held = set(self._elements(old))
        self.touched[ref.resource_id, "labels"].add((word, "-" if word in held else "+"))
        return as_set(held ^ {word})

    def _local_value(self, name: str, old: Value) -> Value:
        if self.rng.random() < 0.08 and self.faulty:
            return {"status": "Nope", "due_date": "1066-10-14", "priority": "Huge"}.get(name, old)
        return self._edited_text(old) if FIELDS[name].is_text else self._value(name)

    def _edited_text(self, old: Value) -> Value:
        blocks = str(old).split("\n\n") if old else []
        word = self.rng.choice(WORDS) + str(self.rng.randint(1, 9))
        position = self.rng.randint(0, len(blocks))
        if blocks and position < len(blocks) and self.rng.random() < 0.5:
            blocks[position] = word
        elif len(blocks) < 5:
            blocks.insert(position, word)
        else:
            blocks.pop()
        return "\n\n".join(blocks) or None

    def _value(self, name: str) -> Value:
        rng = self.rng
        match name:
            case "title":
                return rng.choice(WORDS) + rng.choice(("", " ", " 2"))
            case "description":
                return "\n\n".join(rng.sample(WORDS, 3))
            case "labels":
                return as_set(rng.sample(WORDS, 2))
            case "priority":
                return rng.choice((*self.priorities, None))
            case "assignee_id":
                return rng.choice((*self.people, None))
            case "due_date":
                return rng.choice(("2026-01-31", "2026-03-29", None))
            case "story_points":
                return rng.choice((1, 2, 3, None))
            case "parent_key":
                return rng.choice((*self.parents, None))
            case _:
                return rng.choice(self.statuses)

    def _values(self) -> dict[str, Value]:
        return {name: self._value(name) for name in self.synced}

    # --- what is checked while it happens ---

    def _issue(self, ref: ResourceRef) -> Seen:
        return self.remote.issues[ref.resource_id]

    @staticmethod
    def _elements(value: Value) -> Iterator[str]:
        assert isinstance(value, tuple)
        yield from value

    def _remember(self, side: str, resource_id: str, name: str, value: Value) -> None:
        self.seen[side, resource_id, name].append(value)

    def _was_seen(self, side: str, resource_id: str, name: str, value: Value) -> bool:
        spec = FIELDS[name]
        seen = list(self.seen[side, resource_id, name])
        if side == "remote":
            seen.append(local_of(name, self.remote.issues[resource_id].values[name]))
        if spec.raw_column or spec.is_set:
            return value in seen
        canonical = spec.codec.canonical(value)
        return any(spec.codec.canonical(v) == canonical for v in seen)

    def _kept_in_conflict(self, resource_id: str, name: str, value: Value) -> bool:
        about_it = {
            conflict_id
            for conflict_id, conflict in self.store.conflicts.items()
            if (conflict.ref.resource_id, conflict.field) == (resource_id, name)
        }
        return any(conflict_id in about_it and value == kept for conflict_id, _, kept in self.store.conflict_values)

    @staticmethod
    def _given_up(conflicts: Iterable[Conflict], resource_id: str) -> Iterator[Conflict]:
        """The conflicts in which somebody gave up what was edited here of a record that is gone there."""
        for c in conflicts:
            if (c.ref.resource_id, c.kind, c.resolution) == (resource_id, "edit_vs_remote_delete", "remote"):
                yield c

    def _was_given_up(self, conflicts: Iterable[Conflict], resource_id: str, name: str, value: Value) -> bool:
        """Whether somebody who was shown this very value gave it up."""
        return any(edits_shown(c.details).get(name, MISSING) == value for c in self._given_up(conflicts, resource_id))

    def _check_local(self, plan: RecordPlan, before: LocalRecord | None, after: LocalRecord) -> None:
        """No silent loss here; the base moves only to what both sides held, or what a merged text took in."""
        key = after.ref.resource_id
        for name in self.synced:
            spec = FIELDS[name]
            new = after.values[name]
            self._remember("local", key, name, new)
            if before is None:
                continue
            old = before.values[name]
            if old != new and not (self._was_seen("remote", key, name, old) or self._kept_in_conflict(key, name, old)):
                audited = any(e.field == name and e.old == old for e in plan.audit)
                if not (
                    audited and (spec.is_set or spec.is_text or self._was_given_up(plan.conflicts, key, name, old))
                ):
                    raise Halt(f"no silent loss: {name} {old!r} was overwritten here by {new!r}")
            base = after.base(name)
            if any(c.field in (name, WHOLE_RECORD) and c.state == "resolved" for c in plan.conflicts):
                continue  # a person acknowledged what the remote holds
            if spec.is_set or base == before.base(name) or self.rules.force != "none":
                continue
            # A write that is known to be done only now was the base in between.
            sent = [op.local[name] for op in plan.operations if op.state == "confirmed" and name in op.local]
            held_here = self._was_seen("local", key, name, base) or (
                spec.is_text and any(_took_in(new, base, one) for one in (before.base(name), *sent))
            )
            if not (held_here and self._was_seen("remote", key, name, base)):
                raise Halt(f"the base of {name} moved to {base!r}, which not both sides held")

    def _note_remote(self, issue: Seen, name: str, old: Value, op: Operation | None) -> None:
        key, value = issue.ref.resource_id, local_of(name, old)
        self._remember("remote", key, name, value)
        if op is None or FIELDS[name].is_set:
            return
        if not self._was_seen("local", key, name, value):
            self.overwritten_remote.append((key, name, value))

    # --- what is checked in the end ---

    def check_settled(self) -> None:
        for issue in self.remote.issues.values():
            for name in self.synced:
                self._remember("remote", issue.ref.resource_id, name, local_of(name, issue.values[name]))
        if left := [op for op in self.store.ops.values() if op.state in ("sent", "planned")]:
            raise Halt(f"operations are still under way: {left}")
        for ref in self.refs:
            self._check_converged(ref)
        audit = list(self.store.audit)
        for key, name, value in self.overwritten_remote:
            audited = any(e.ref.resource_id == key and e.field == name and e.old == value for e in audit)
            if not (self._was_seen("local", key, name, value) or self._kept_in_conflict(key, name, value) or audited):
                raise Halt(f"no silent loss: {name} {value!r} was overwritten there")

    def _check_converged(self, ref: ResourceRef) -> None:
        row, issue = self.store.rows[ref.resource_id].local, self._issue(ref)
        if row.deleted_at is not None:
            return
        open_fields = {
            c.field
            for c in self.store.conflicts.values()
            if c.state == "open" and c.ref.resource_id == ref.resource_id and c.kind not in OFFERS
        }
        for name in self.synced:
            if name in row.errors or name in open_fields:
                continue
            if row.values[name] != local_of(name, issue.values[name]):
                raise Halt(f"not converged: {name} is {row.values[name]!r} here and {issue.values[name]!r} there")
            if name in row.bases:
                raise Halt(f"not converged: {name} is still marked as edited")
        if not open_fields & {"labels"} and "labels" not in row.errors:
            self._check_labels(ref)

    def _check_labels(self, ref: ResourceRef) -> None:
        held = set(self._elements(self._issue(ref).values["labels"]))
        events = self.touched[ref.resource_id, "labels"]
        if any(kind == "?" for _, kind in events):
            return
        conflicts = list(self.store.conflicts.values())
        if any(c.field == "labels" and c.ref.resource_id == ref.resource_id for c in conflicts):
            return
        if any("labels" in edits_shown(c.details) for c in self._given_up(conflicts, ref.resource_id)):
            return
        for word in WORDS:
            kinds = {kind for label, kind in events if label == word}
            before = word in self.initial_labels[ref.resource_id]
            if kinds == {"+"} and word not in held:
                raise Halt(f"label {word} was added and removed by no one, and is gone")
            if kinds == {"-"} and word in held:
                raise Halt(f"label {word} was removed and added by no one, and is there")
            if not kinds and before != (word in held):
                raise Halt(f"label {word} was touched by no one, and changed")


def _took_in(merged: Value, theirs: Value, base: Value) -> bool:
    """Whether all that one side added to a text is in the merged one; the names that a site gives to paragraphs are no
    part of it."""
    in_merged, in_theirs, in_base = (
        set(re.findall(r"\w+", _SITES_NAME.sub("", str(text or "")))) for text in (merged, theirs, base)
    )
    return in_theirs - in_base <= in_merged


_SITES_NAME = re.compile(r' local-id="[^"]*"')


def how_many(variable: str, *, usual: int, thorough: int) -> int:
    """Number of random cases: what the environment says, else `thorough` with the Hypothesis profile of `make laws`."""
    given = os.environ.get(variable)
    if given is not None:
        return int(given)
    return thorough if hypothesis.settings().max_examples > 1_000 else usual


def play(seed: int, kind: type[History] = History, **options: object) -> History:
    """The history of a seed; a broken law names the seed."""
    history = None
    try:
        history = kind(Random(seed), **options)  # type: ignore[arg-type]
        history.play()
    except Halt as broken:
        raise Halt(f"seed {seed}: {broken}") from broken
    return history
