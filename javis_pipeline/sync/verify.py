"""Do both sides agree, field by field? Told from what both sides hold now; it shares only reading with the merge.

What does not agree has a reason that people are told of, or it is `different`: then the sync has missed something.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.sync import WHOLE_RECORD, LocalRecord, RecordState, RemoteRecord
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import UnreadableValue
from javis_pipeline.sync.fields import Field, Kind
from javis_pipeline.sync.run import Rules, Run

Standing = Literal["equal", "waiting", "in conflict", "in error", "by policy", "different"]
"""How a field stands on both sides. `waiting`: an edit to be sent, or a change there that no pull has been for yet."""


def standing_of_fields(
    state: RecordState, remote: RemoteRecord, run: Run, *, pulled_to: datetime | None
) -> dict[str, Standing]:
    """How each field of a record that is on both sides stands.

    Args:
        state: What is here.
        remote: What is there, read just now.
        run: Of which kind the record is, and which fields are synced, and how.
        pulled_to: Every change there up to this instant should be here; None before the first load.
    """
    fields = run.kind.fields.values()
    if state.local is None:
        return dict.fromkeys([WHOLE_RECORD], "waiting" if _is_news(remote, pulled_to) else "different")
    if state.local.deleted_at is not None or state.local.remote_state == "moved":
        return {spec.name: "by policy" for spec in fields}
    held = state.local.values.keys() | {name for name, raw in remote.values.items() if raw not in (None, ())}
    return {
        spec.name: _standing(spec, state, state.local, remote, run.rules, pulled_to)
        for spec in fields
        if not spec.is_element or spec.name in held
    }


def standing_of_missing(state: RecordState) -> dict[str, Standing]:
    """How a record stands that was not found there: one miss proves nothing, and two make a tombstone."""
    local = state.local
    if local is None or local.remote_state == "gone":
        return {WHOLE_RECORD: "equal"}
    if any(conflict.field == WHOLE_RECORD for conflict in state.conflicts):
        return {WHOLE_RECORD: "in conflict"}
    return {WHOLE_RECORD: "waiting" if local.missing_since else "different"}


def values_of(state: RecordState, remote: RemoteRecord | None, name: str, kind: Kind) -> tuple[Value, Value]:
    """What a field holds here and there, for people; the record's key for the whole of it."""
    if name == WHOLE_RECORD:
        return state.local.ref.key if state.local else None, remote.ref.key if remote else None
    raw = remote.values.get(name, MISSING) if remote else None
    here = state.local.values.get(name) if state.local else None
    if isinstance(raw, Missing):
        return here, None
    try:
        return here, kind.fields[name].codec.to_local(raw)
    except UnreadableValue:
        return here, raw


def _standing(
    spec: Field,
    state: RecordState,
    local: LocalRecord,
    remote: RemoteRecord,
    rules: Rules,
    pulled_to: datetime | None,
) -> Standing:
    name, policy = spec.name, rules.policy(spec)
    if policy == "none":
        return "by policy"
    raw = remote.values.get(name, MISSING)
    if not isinstance(raw, Missing) and _is_equal(spec, local.values.get(name), raw):
        return "equal"
    if any(conflict.state == "open" and conflict.field in (name, WHOLE_RECORD) for conflict in state.conflicts):
        return "in conflict"
    if name in local.errors or WHOLE_RECORD in local.errors:
        return "in error"
    if policy == "local_to_remote":
        return "by policy"
    resolved = any(conflict.field == name for conflict in state.conflicts)
    on_its_way = any(name in op.fields for op in state.operations if op.state in ("planned", "sent"))
    news = remote.revision != local.revision and _is_news(remote, pulled_to)
    # What the answer leaves out, a site may leave out of every answer: nothing is known about it.
    unknown = isinstance(raw, Missing)
    return "waiting" if name in local.bases or resolved or on_its_way or news or unknown else "different"


def _is_news(remote: RemoteRecord, pulled_to: datetime | None) -> bool:
    return pulled_to is None or remote.revision is None or remote.revision > pulled_to


def _is_equal(spec: Field, value: Value, raw: Value) -> bool:
    try:
        there = spec.codec.to_local(raw)
    except UnreadableValue:
        return False
    if spec.is_set:
        return _identities(spec, value) == _identities(spec, there)
    if spec.type == "timestamp with time zone":  # PostgreSQL spells an instant in its own way
        return spec.codec.canonical(there) == spec.codec.canonical(value)
    return there == value


def _identities(spec: Field, elements: Value) -> set[str]:
    words: Iterable[str] = elements if isinstance(elements, tuple) else ()
    return {spec.codec.identity(word) for word in words}
