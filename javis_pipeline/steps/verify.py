"""Whether both sides agree, by reading them afresh: the proof for people, and the oracle of everything else."""

import logging
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, assert_never

from javis_pipeline.db.watermarks import read_watermark
from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.records.sync import WHOLE_RECORD, RecordState, RemoteRecord
from javis_pipeline.records.values import ResourceRef, ScopeRef, Value
from javis_pipeline.steps.job import Job, Side, sides_of
from javis_pipeline.steps.look import Busy, Gone, Patience, Refused, Seen, Unreadable, look
from javis_pipeline.steps.ports import RemoteRecords, SyncStore
from javis_pipeline.steps.pull import list_records
from javis_pipeline.steps.side_by_side import side_by_side
from javis_pipeline.steps.system import Opened
from javis_pipeline.sync.run import Run
from javis_pipeline.sync.verify import Standing, standing_of_fields, standing_of_missing, values_of

_LOG = logging.getLogger(__name__)

# Both sides are not read in the same instant: what differs is read so often again before it counts.
MORE_LOOKS: Final = 2
_PAUSE_SECONDS: Final = 2
# What hangs on a record may change without it, and is seen by the daily look at that.
_SEEN_WITHIN: Final = timedelta(days=1)


class Difference(NamedTuple):
    """A field that two more looks found different, or a whole record that only one side has.

    `restricted`: by one of the sides, only some people may read it.
    """

    key: str
    field: str
    here: Value
    there: Value
    restricted: bool = False


@dataclass(slots=True)
class Verified:
    """How a scope stands.

    Attributes:
        records: How many were compared.
        fields: Field to how many records stand how.
        differences: What nothing explains.
    """

    records: int = 0
    fields: dict[str, Counter[Standing]] = field(default_factory=lambda: defaultdict(Counter))
    differences: list[Difference] = field(default_factory=list)

    def add(self, standings: Mapping[str, Standing], differences: Iterable[Difference]) -> None:
        """Count one record."""
        self.records += 1
        for name, standing in standings.items():
            self.fields[name][standing] += 1
        self.differences += differences

    def count(self) -> Counter[Standing]:
        """Fields by how they stand."""
        return sum(self.fields.values(), Counter())


Choice = Callable[[Sequence[ResourceRef]], Sequence[ResourceRef]]


def sample_of(size: int | None) -> Choice | None:
    """A choice of so many records at random; None for all."""
    return (lambda refs: random.sample(refs, min(size, len(refs)))) if size else None


def _wait() -> None:
    """A moment, in which a sync that is under way gets on."""
    time.sleep(_PAUSE_SECONDS)


def verify_scopes(
    jobs: Iterable[Job], *, choose: Choice | None, pause: Callable[[], None] = _wait
) -> dict[ScopeRef, Verified]:
    """How each project and space stands; see `verify_scope`."""
    return {ScopeRef(job.system.name, job.key): verify_scope(job, choose=choose, pause=pause) for job in jobs}


def verify_scope(
    job: Job,
    *,
    choose: Choice | None,
    pause: Callable[[], None],
) -> Verified:
    """Compare both sides of a scope, and change nothing on either.

    Args:
        job: The scope.
        choose: Which of the records that are here; None for all, and those that are only there. Of what hangs on
            records and is written here too, what is here is compared.
        pause: Waits before what differs is read again: a sync may be under way.

    Raises:
        IdentityError, SettingError, SyncHalted: We are not who we should be, or the scope is not visible.
        RemoteBusy: The remote wants no more requests now.
    """
    opened = job.open()
    with job.db.transaction() as conn:
        pulled_to = read_watermark(conn, job.system.name, job.key).watermark
    verified, (own, *hanging) = Verified(), sides_of(job, opened)
    known = own.store.records()
    refs = list(choose(known)) if choose else [*known, *_only_there(job, opened, known)]
    _compare(own, refs, pulled_to, pause, verified, threads=job.threads)
    for side in hanging:
        on_records = side.store.records()
        seen_to = pulled_to - _SEEN_WITHIN if pulled_to else None
        _compare(side, choose(on_records) if choose else on_records, seen_to, pause, verified, threads=job.threads)
    counts = " ".join(f"{standing.replace(' ', '_')}={n}" for standing, n in sorted(verified.count().items()))
    _LOG.info("verified scope=%r records=%d %s", own.store.name, verified.records, counts)
    return verified


def _compare(
    side: Side,
    refs: Sequence[ResourceRef],
    pulled_to: datetime | None,
    pause: Callable[[], None],
    verified: Verified,
    *,
    threads: int,
) -> None:
    comparison = _Comparison(side.store, side.records, side.run, pulled_to, pause)
    for standings, differences in side_by_side(comparison.compare, refs, threads=threads):
        verified.add(standings, differences)


def _only_there(job: Job, opened: Opened[Any, Any], known: Iterable[ResourceRef]) -> list[ResourceRef]:
    listed = list_records(job.db, job.scope, opened).ids
    here = {ref.resource_id for ref in known}
    return [
        ResourceRef(resource_type=job.system.kind.resource_type, resource_id=id_, scope=job.key, key=id_)
        for id_ in sorted(listed - here)
    ]


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares single records of a scope."""

    store: SyncStore
    remote: RemoteRecords
    run: Run
    pulled_to: datetime | None
    pause: Callable[[], None]
    patience: Patience = field(default_factory=Patience)

    def compare(self, ref: ResourceRef) -> tuple[Mapping[str, Standing], list[Difference]]:
        """How the fields of a record stand; what differs is read again on both sides before it counts."""
        standings, state, record = self._look(ref)
        for _ in range(MORE_LOOKS):
            if "different" not in standings.values():
                break
            self.pause()
            standings, state, record = self._look(ref)
        different = [name for name, standing in standings.items() if standing == "different"]
        key = record.ref.key if record else state.ref.key
        hidden = self._is_restricted(state, record)
        return standings, [
            Difference(key, name, *values_of(state, record, name, self.run.kind), hidden) for name in different
        ]

    def _is_restricted(self, state: RecordState, record: RemoteRecord | None) -> bool:
        fact = self.run.kind.restricted_by
        told = [side.facts.get(fact) for side in (state.local, record) if side is not None and fact is not None]
        return any(level is not None and level is not MISSING for level in told)

    def _look(self, ref: ResourceRef) -> tuple[Mapping[str, Standing], RecordState, RemoteRecord | None]:
        try:
            state = self.store.state(ref)
        except UnreadableRecord:
            return {WHOLE_RECORD: "in error"}, RecordState(ref=ref, local=None), None
        match look(self.remote, ref):
            case Seen(record):
                self.patience.answered()
                if state.local is None and record.ref.scope != ref.scope:
                    return {WHOLE_RECORD: "by policy"}, state, record  # it has moved out of the scope meanwhile
                return standing_of_fields(state, record, self.run, pulled_to=self.pulled_to), state, record
            case Gone():
                return standing_of_missing(state), state, None
            case Unreadable() | Refused():
                return {WHOLE_RECORD: "in error"}, state, None
            case Busy(error):
                self.patience.bear(error)
                return {WHOLE_RECORD: "in error"}, state, None
            case never:
                assert_never(never)
