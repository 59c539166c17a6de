"""What was edited here goes out: settle what was sent before, decide, and send, for the records of one kind."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

from javis_pipeline.records.sync import Overrides
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.ports import Progress, RemoteRecords, SyncStore, nobody_watches
from javis_pipeline.steps.push import Pushed, Sending, nobody_else_writes, push_operations
from javis_pipeline.steps.reconcile import Reconciled, reconcile_records
from javis_pipeline.steps.settle import settle_operations
from javis_pipeline.sync.guards import are_suspicious, guard_put_away, guard_writes
from javis_pipeline.sync.run import Run

_STAYS: Final = ("confirmed", "creating_created", "creating_met")


class WrittenBack(NamedTuple):
    """What a write-back did.

    Attributes:
        settled: Earlier operations with an unknown outcome, by what became of them.
        decided: What deciding the edited records came to.
        pushed: What sending came to.
        made: What making what was inserted here came to, by `Created.count`.
        why_postponed: What the remote said to those that wait for the next run, each reason once.
    """

    settled: Mapping[str, int]
    decided: Reconciled
    pushed: Pushed
    made: Mapping[str, int] = MappingProxyType({})
    why_postponed: tuple[str, ...] = ()

    def with_more(self, other: "WrittenBack") -> "WrittenBack":
        """This and what was done with another kind."""
        self.decided.add(other.decided)
        self.pushed.add(other.pushed)
        return self._replace(
            settled=Counter(self.settled) + Counter(other.settled),
            made=Counter(self.made) + Counter(other.made),
            why_postponed=tuple(dict.fromkeys((*self.why_postponed, *other.why_postponed))),
        )

    def stays(self) -> dict[str, int]:
        """What was sent and made, as counts: no later attempt does it again."""
        return {name: number for name, number in self.as_metadata().items() if name in _STAYS}

    def after(self, done: Mapping[str, int]) -> "WrittenBack":
        """This, and what an earlier attempt of the run had sent and made."""
        self.pushed.confirmed += done.get("confirmed", 0)
        made = {name: number for name, number in done.items() if name in _STAYS and name != "confirmed"}
        return self._replace(made=Counter(self.made) + Counter(made))

    def as_metadata(self) -> dict[str, int]:
        """The counts, flat, for the book of runs and the UI."""
        return {
            **{f"settled_{state}": number for state, number in self.settled.items()},
            **self.pushed.count(),
            **self.made,
            "errors": self.decided.count()["errors"],
        }


def send_edits(
    store: SyncStore,
    remote: RemoteRecords,
    run: Run,
    overrides: Overrides,
    *,
    proved: bool = True,
    threads: int = 1,
    check: Callable[[], None] = nobody_else_writes,
    progress: Progress = nobody_watches,
) -> WrittenBack:
    """Settle what was sent, decide what was edited here, and send it; `check` and errors are those of the push.

    What the guard will stop is not asked for first: that costs a request a record, in every run.
    """
    settled = settle_operations(store, remote, run)
    held = store.why_held() is not None
    if not held:
        if run.rules.way_out is not None:
            guard_put_away(store.name, records=store.count_put_away(), overrides=overrides)
        guard_writes(store.name, writes=store.count_wishes(), records=store.count_records(), overrides=overrides)
    decide = partial(reconcile_records, store, remote, proved=proved, threads=threads, check=check, progress=progress)
    edited = store.to_decide()
    if held or not _go_one_by_one(store, remote, edited, run, overrides):
        decided = decide(edited, run)
        pushed = push_operations(store, remote, run, overrides, threads=threads, check=check, progress=progress)
        return WrittenBack(settled, decided, pushed)
    sending = Sending(store, remote, run, check)
    decided = decide(edited, run, then=sending.push)
    sending.push_others(edited)
    return WrittenBack(settled, decided, sending.end())


def _go_one_by_one(
    store: SyncStore, remote: RemoteRecords, edited: Sequence[ResourceRef], run: Run, overrides: Overrides
) -> bool:
    """Whether each record is sent as soon as it is decided, onto the look that decided it: where one answer has one
    record anyway, and whatever is decided, no guard can stop it half-way."""
    sorts = {spec.written_by for spec in run.kind.fields.values() if spec.written_by is not None}
    most = len(edited) * len(sorts)
    alone = remote.most_together == 1 or len(edited) == 1
    return alone and not are_suspicious(writes=most, records=store.count_records(), overrides=overrides)
