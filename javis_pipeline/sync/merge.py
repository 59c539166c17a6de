"""The record-level decision: what becomes of a record, given both sides, its operations, conflicts and history."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.sync import (
    WHOLE_RECORD,
    FieldChange,
    PlanItem,
    RecordPlan,
    RecordState,
    RemoteRecord,
)
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.sync.codecs import UnreadableValue
from javis_pipeline.sync.deleted import follow_question, is_put_away, put_away, stays_deleted, was_restored
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.echoes import settle_late_echoes
from javis_pipeline.sync.elements import in_columns, in_raw_columns
from javis_pipeline.sync.merge_field import reconcile_field
from javis_pipeline.sync.resolve import force_in
from javis_pipeline.sync.run import Run
from javis_pipeline.sync.words import unreadable


def reconcile_record(
    state: RecordState,
    remote: RemoteRecord,
    run: Run,
    changes: Sequence[FieldChange] = (),
    *,
    before: RecordState | None = None,
) -> RecordPlan:
    """What becomes of a record that the remote has.

    Args:
        state: What the store knows.
        remote: The record, read by id just now.
        run: Rules, clock, ids.
        changes: The remote's history of the record, oldest first. Needed where `needs_history` says so; else it only
            adds to a conflict who changed the remote value, and when.
        before: What the store knew when the record was about to be read. While its revision is the same, the answer is
            the newest there is, whatever it says itself: clocks and backups go back. None when that is not known.
    """
    if state.local is None:
        return _insert(remote, run)
    draft = Draft(state, run)
    unchanged_since = before is not None and before.local is not None and before.local.revision == draft.local.revision
    if unchanged_since or not _is_older(remote, draft):
        _reconcile(draft, remote, changes)
    return draft.plan()


def needs_history(state: RecordState) -> bool:
    """Whether the record's history has to be read: a write that was given up may have been executed after all."""
    return any(op.may_land_late for op in state.operations)


def reconcile_in(draft: Draft, remote: RemoteRecord, changes: Sequence[FieldChange]) -> None:
    """Decide every field of a draft; nothing when others have overtaken the answer."""
    if not _is_older(remote, draft):
        _reconcile(draft, remote, changes)


def _reconcile(draft: Draft, remote: RemoteRecord, changes: Sequence[FieldChange]) -> None:
    draft.decided = True
    draft.clear_error(WHOLE_RECORD)
    draft.read_only = remote.read_only
    draft.remote_revision = remote.revision
    draft.follow_screen(remote)
    draft.undecided_fields = set(draft.fields)
    echoes = settle_late_echoes(draft, remote, changes)
    is_new = draft.local.remote_state == "wanted"
    if is_new:
        _take_first_bases(draft, remote)
    if not _follow(draft, remote):
        return
    if is_new and draft.local.deleted_at is not None:
        _take_all(draft, remote)
        return
    if draft.local.deleted_at is None or was_restored(draft, remote):
        follow_question(draft, remote)
    elif is_put_away(draft, remote):
        _follow_facts(draft, remote)
        return
    elif stays_deleted(draft, remote):
        put_away(draft, remote)
        return
    draft.undecided_fields = set()
    for spec in draft.fields.values():
        reconcile_field(draft, spec, remote, changes, echoes.get(spec.name))
    _follow_facts(draft, remote)


def _take_first_bases(draft: Draft, remote: RemoteRecord) -> None:
    """The first look at a record that was made from a row: what the row wants of fields of which nothing went along is
    an edit of what the remote gave them."""
    for name, base in list(draft.bases.items()):
        value = remote.values.get(name, MISSING)
        if base in (None, ()) and name in draft.fields and not isinstance(value, Missing):
            with suppress(UnreadableValue):
                draft.set_base(draft.fields[name], draft.fields[name].codec.to_local(value), value)


def _take_all(draft: Draft, remote: RemoteRecord) -> None:
    """What was made of a row that was deleted here meanwhile: the tombstone knows it, so that only a change of it
    brings it back."""
    for name, spec in draft.fields.items():
        value = remote.values.get(name, MISSING)
        if not isinstance(value, Missing):
            with suppress(UnreadableValue):
                draft.set_value(name, spec.codec.to_local(value), reason="as it was made", row=4)
                draft.set_base(spec, draft.values.get(name), value)
    _follow_facts(draft, remote)


def _follow_facts(draft: Draft, remote: RemoteRecord) -> None:
    # With the new revision stored, nobody would look again at what could not be read.
    held_back = draft.run.kind.revision if draft.unread_fields else frozenset()
    for name, told in remote.facts.items():
        value = None if told is MISSING and _goes_with_its_field(draft, name, remote) else told
        if value is not MISSING and name not in held_back and value != draft.local.facts.get(name):
            draft.set_column(name, value)


def _goes_with_its_field(draft: Draft, name: str, remote: RemoteRecord) -> bool:
    """Whether a fact of which nothing was told was no more than the former value of a field."""
    source, known = draft.run.kind.repeats.get(name), draft.local.facts.get(name)
    return source is not None and known is not None and known == draft.local.base(source) != remote.values.get(source)


def _is_older(remote: RemoteRecord, draft: Draft) -> bool:
    """A run that was held up may come with an answer that others have overtaken."""
    known = draft.local.revision
    return remote.revision is not None and known is not None and remote.revision < known


def _insert(remote: RemoteRecord, run: Run) -> RecordPlan:
    ref = remote.ref
    columns: dict[str, Any] = {name: value for name, value in remote.facts.items() if value is not MISSING}
    values: dict[str, Value] = {}
    raw_forms: dict[str, Value] = {}
    errors: dict[str, str] = {}
    for spec in run.kind.fields.values():
        raw = remote.values.get(spec.name, MISSING)
        if raw is MISSING or run.rules.policy(spec) == "none":
            continue
        try:
            values[spec.name] = spec.codec.to_local(raw)
        except UnreadableValue as error:
            errors[spec.name] = unreadable(str(error))
            continue
        if spec.raw_column:
            raw_forms[spec.name] = spec.stored_raw(raw)
    columns |= in_columns(run.kind, values, values) | in_raw_columns(run.kind, raw_forms, raw_forms)
    columns |= {
        "sync_errors": errors,
        "sync_status": "error" if errors else "synced",
        "last_synced_at": run.now(),
    }
    return RecordPlan(ref=ref, local_seq=None, columns=columns, items=(new_item(ref),))


def new_item(ref: ResourceRef) -> PlanItem:
    """A record that comes here for the first time."""
    return PlanItem(
        resource_type=ref.resource_type,
        resource_id=ref.resource_id,
        key=ref.key,
        field=WHOLE_RECORD,
        side="record",
        old=None,
        new=ref.key,
        reason="new on the remote",
        row=4,
        risk="low",
    )


def _follow(draft: Draft, remote: RemoteRecord) -> bool:
    """Follow the record to its new key or place; False when it went where nothing is synced."""
    if draft.local.missing_since is not None:
        draft.set_column("remote_missing_since", None)
    scopes = draft.run.rules.scopes
    if scopes and remote.ref.scope not in scopes:
        draft.rename(replace(remote.ref, scope=draft.ref.scope))
        if draft.local.remote_state != "moved":
            draft.set_column("remote_state", "moved")
            draft.item("record", WHOLE_RECORD, draft.local.ref.key, remote.ref.key, "moved out of what is synced", 0)
        for name in draft.bases:
            draft.set_error(
                name,
                f"the record moved to {remote.ref.scope}, which is not synced; the edit stays here. "
                f"Add {remote.ref.scope} to the synced scopes, or set the field back",
            )
        return False
    draft.rename(remote.ref)
    draft.conflicts.apply(WHOLE_RECORD, "edit_vs_remote_delete")
    _follow_state(draft, remote)
    return True


def _follow_state(draft: Draft, remote: RemoteRecord) -> None:
    before, now = draft.local.remote_state, "present" if remote.is_listed else "hidden"
    if before == now:
        return
    if {before, now} != {"present", "hidden"}:
        draft.conflicts.end_live(WHOLE_RECORD, "superseded")
    draft.set_column("remote_state", now)
    why = "it was made" if before == "wanted" else "it was archived" if now == "hidden" else "the remote has it again"
    draft.item("record", WHOLE_RECORD, before, now, why, 4)
    if now == "hidden" and draft.local.deleted_at is None:
        draft.audit("local", WHOLE_RECORD, before, now, why)


def missing_record(state: RecordState, run: Run, *, proved: bool) -> RecordPlan:
    """What becomes of a record that a read by id did not find.

    The remote does not tell "gone" from "not permitted". So nothing is believed unless our identity and the scope's
    visibility are proved, and not before a second proof some minutes later; then the row becomes a tombstone.
    Nothing that was edited here is dropped.
    """
    assert state.local is not None, "only a record that was stored can be missed"
    draft = Draft(state, run)
    local = draft.local
    if not proved:
        return draft.plan()
    if local.missing_since is None:
        draft.set_column("remote_missing_since", run.now())
    elif local.remote_state != "gone" and run.now() - local.missing_since >= run.rules.missing_proof:
        draft.set_column("remote_state", "gone")
        draft.audit("local", WHOLE_RECORD, local.remote_state, "gone", "not found in two runs")
        draft.item("record", WHOLE_RECORD, local.remote_state, "gone", "not found in two runs", 0)
    gone = draft.columns.get("remote_state", local.remote_state) == "gone"
    if gone and draft.bases and local.deleted_at is None and not draft.conflicts.wait_for_return:
        conflict = draft.open_conflict(
            WHOLE_RECORD,
            "edit_vs_remote_delete",
            base=None,
            local="edited: " + ", ".join(sorted(draft.bases)),
            remote="gone",
            remote_raw=None,
            details={"values": {name: draft.values.get(name) for name in sorted(draft.bases)}},
            row=9,
        )
        force_in(draft, conflict)
    if gone and not draft.bases:
        draft.conflicts.end_live(WHOLE_RECORD, "superseded")
    return draft.plan()
