"""The record-level decision: what becomes of a record, given both sides, its operations, conflicts and history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, assert_never

from javis_pipeline.records import MISSING
from javis_pipeline.records.losses import loss_details
from javis_pipeline.records.sync import (
    WHOLE_RECORD,
    ConflictKind,
    FieldChange,
    Operation,
    PlanItem,
    RecordPlan,
    RecordState,
    Refusal,
    RemoteRecord,
)
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import LossyEdit, UnreadableValue
from javis_pipeline.sync.decide import (
    Agree,
    Clash,
    Decision,
    Keep,
    NotPushable,
    Pull,
    Push,
    SetMerge,
    Sides,
    Wait,
    decide_labels,
    decide_scalar,
)
from javis_pipeline.sync.draft import OFFERS, Draft, Wanted
from javis_pipeline.sync.evidence import holds, is_ours, may_be_ours, overwritten_value
from javis_pipeline.sync.fields import FIELDS_OF, REVISION_OF, Field
from javis_pipeline.sync.resolve import force_in
from javis_pipeline.sync.run import Run

# These wait for a person whatever the sides do, except that they become equal: there is no base to decide with.
_FROZEN: frozenset[ConflictKind] = frozenset({"first_contact", "unmarked_local_change"})


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
    draft.undecided_fields = set(draft.fields)
    echoes = _settle_late_echoes(draft, remote, changes)
    if not _follow(draft, remote):
        return
    if draft.local.deleted_at is not None and not _bring_back(draft, remote):
        return
    draft.undecided_fields = set()
    for spec in draft.fields.values():
        _reconcile_field(draft, spec, remote, changes, echoes.get(spec.name))
    # With the new revision stored, nobody would look again at what could not be read.
    held_back = REVISION_OF[draft.ref.resource_type] if draft.unread_fields else frozenset()
    for name, value in remote.facts.items():
        if value is not MISSING and name not in held_back and value != draft.local.facts.get(name):
            draft.set_column(name, value)


def _is_older(remote: RemoteRecord, draft: Draft) -> bool:
    """A run that was held up may come with an answer that others have overtaken."""
    known = draft.local.revision
    return remote.revision is not None and known is not None and remote.revision < known


# --- the record ---------------------------------------------------------------------------------------------------


def _insert(remote: RemoteRecord, run: Run) -> RecordPlan:
    ref = remote.ref
    columns: dict[str, Any] = {name: value for name, value in remote.facts.items() if value is not MISSING}
    errors: dict[str, str] = {}
    for spec in FIELDS_OF[ref.resource_type].values():
        raw = remote.values.get(spec.name, MISSING)
        if raw is MISSING or run.rules.policy(spec) == "none":
            continue
        try:
            columns[spec.name] = spec.codec.to_local(raw)
        except UnreadableValue as error:
            errors[spec.name] = _unreadable(str(error))
            continue
        if spec.raw_column:
            columns[spec.raw_column] = spec.stored_raw(raw)
    columns |= {
        "sync_errors": errors,
        "sync_status": "error" if errors else "synced",
        "last_synced_at": run.now(),
    }
    item = PlanItem(
        ref.resource_type,
        ref.resource_id,
        ref.key,
        WHOLE_RECORD,
        "record",
        None,
        ref.key,
        "new on the remote",
        4,
        "low",
    )
    return RecordPlan(ref, None, columns, items=(item,))


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
    draft.apply_resolutions(WHOLE_RECORD)
    if draft.local.remote_state != "present":
        draft.end_live_conflict(WHOLE_RECORD, "superseded")
        draft.set_column("remote_state", "present")
        draft.item("record", WHOLE_RECORD, draft.local.remote_state, "present", "the remote has it again", 4)
    if conflict := draft.live_conflict(WHOLE_RECORD):
        force_in(draft, conflict)
    return True


def _bring_back(draft: Draft, remote: RemoteRecord) -> bool:
    """A row that was deleted here comes back when somebody edits the record there; else it stays deleted."""
    changed = [spec.name for spec in draft.fields.values() if _remote_changed(draft, spec, remote)]
    if not changed:
        return False
    draft.set_column("local_deleted_at", None)
    conflict = draft.open_conflict(
        WHOLE_RECORD,
        "remote_edit_vs_local_delete",
        base=None,
        local="deleted",
        remote="edited: " + ", ".join(changed),
        remote_raw=None,
        details={"deleted_at": str(draft.local.deleted_at), "fields": changed},
        row=9,
    )
    force_in(draft, conflict)
    return True


def _remote_changed(draft: Draft, spec: Field, remote: RemoteRecord) -> bool:
    sides = draft.sides(spec, remote)
    if sides.remote is MISSING or draft.run.rules.policy(spec) == "none":
        return False
    return spec.codec.canonical(sides.remote) != spec.codec.canonical(sides.base_raw)


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
    if gone and draft.bases and local.deleted_at is None and not draft.waits_for_return:
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
        draft.end_live_conflict(WHOLE_RECORD, "superseded")
    return draft.plan()


# --- late echoes -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Echo:
    """A write that was given up and executed late, as far as one field goes."""

    add: frozenset[str]
    remove: frozenset[str]


def _settle_late_echoes(draft: Draft, remote: RemoteRecord, changes: Sequence[FieldChange]) -> Mapping[str, _Echo]:
    """Note which operations were executed after we had stopped waiting for them; each is looked at once.

    Returns the fields whose remote value is such an echo, and no one's edit: for that, looks are not enough. What the
    late write replaced becomes a conflict like that of any write; there, looks are enough.
    """
    echoes: dict[str, _Echo] = {}
    in_flight = draft.fields_in_flight()
    for op in list(draft.operations.values()):
        entries = [change for change in changes if may_be_ours(op, change, draft.run.account_id)]
        if not op.may_land_late or not entries or in_flight & set(op.fields):
            continue
        draft.settle(op, "confirmed", evidence={**op.evidence, "late": sorted({e.entry_id for e in entries})})
        for entry in entries:
            spec = draft.fields[entry.field]
            audit_push(draft, spec, op, "pushed, and executed late")
            offer_overwritten(draft, spec, op, entry, changes)
            newest = [change for change in changes if change.field == entry.field][-1]
            # The record was not read in the same instant as its history: it must show the echo as well.
            shows = newest.entry_id == entry.entry_id and holds(op, entry.field, remote)
            if is_ours(op, entry, remote, draft.run.account_id) and (spec.is_set or shows):
                echoes[entry.field] = _Echo(
                    frozenset(op.add.get(entry.field, ())), frozenset(op.remove.get(entry.field, ()))
                )
    return echoes


def audit_push(draft: Draft, spec: Field, op: Operation, reason: str) -> None:
    """Note what an executed operation did to a field of the remote; of a set, what it took out and put in."""
    if spec.is_set:
        old, new = op.remove.get(spec.name, ()), op.add.get(spec.name, ())
        draft.audit("remote", spec.name, old, new, reason, op=op)
    else:
        replaced = op.evidence.get("replaces", {}).get(spec.name)
        draft.audit("remote", spec.name, replaced, op.local[spec.name], reason, op=op)


def offer_overwritten(
    draft: Draft, spec: Field, op: Operation, entry: FieldChange, changes: Sequence[FieldChange]
) -> None:
    """Open a conflict when our write replaced a value that it was not decided on."""
    if spec.is_set or op.evidence.get("version") is not None:
        return  # verbs replace nothing, and a write that names the version it follows replaces nothing else
    found = overwritten_value(spec, op, entry, changes)
    if found is None:
        return
    value, author, at = found
    draft.open_conflict(
        spec.name,
        "overwrote_remote",
        base=op.expected.get(spec.name),
        local=draft.values.get(spec.name),
        remote=value,
        remote_raw=value,
        details={"replaced_author": author, "replaced_at": at.isoformat() if at else None, "op_id": str(op.op_id)},
        row=0,
    )


# --- one field -------------------------------------------------------------------------------------------------------


def _reconcile_field(
    draft: Draft, spec: Field, remote: RemoteRecord, changes: Sequence[FieldChange], echo: _Echo | None
) -> None:
    if draft.run.rules.policy(spec) == "none":
        return
    _follow_offers(draft, spec.name)
    sides = draft.sides(spec, remote)
    decision = _decide(draft, spec, sides, echo)
    match decision:
        case Keep():
            _keep(draft, spec, decision)
        case Wait():
            draft.undecided_fields.add(spec.name)
        case Agree(raw):
            _agree(draft, spec, sides.local, raw)
        case Pull(raw):
            _pull(draft, spec, raw, decision.row)
        case Push():
            _push(draft, spec, sides, decision, changes)
        case NotPushable():
            draft.end_live_conflict(spec.name, "superseded")
            draft.set_error(spec.name, _not_pushable(draft, spec, "cannot be changed from here"))
        case Clash():
            _clash(draft, spec, sides, decision, changes)
        case SetMerge():
            _merge_set(draft, spec, decision)
        case _:
            assert_never(decision)


def _follow_offers(draft: Draft, name: str) -> None:
    """An offer shows what the column holds now: a choice is made between what is current."""
    for conflict in list(draft.conflicts.values()):
        current = draft.values.get(name)
        if conflict.field != name or conflict.state != "open" or conflict.kind not in OFFERS:
            continue
        if conflict.local != current:
            conflict = draft.conflicts[conflict.conflict_id] = replace(conflict, local=current)
            draft.note_value(conflict, "local", current)
        force_in(draft, conflict)


def _decide(draft: Draft, spec: Field, sides: Sides, echo: _Echo | None) -> Decision:
    """The field's decision, after the cases in which the base cannot be trusted."""
    rules = draft.run.rules
    policy = rules.policy(spec)
    in_flight = spec.name in draft.fields_in_flight()
    live = draft.live_conflict(spec.name)
    if spec.is_set:
        if policy == "local_to_remote" and isinstance(sides.remote, tuple):
            sides = replace(sides, base=sides.remote)  # nothing there is an edit: the verbs make it what is here
        decision = decide_labels(
            spec.codec,
            sides,
            op_in_flight=in_flight,
            late_add=echo.add if echo else frozenset(),
            late_remove=echo.remove if echo else frozenset(),
        )
    else:
        decision = decide_scalar(
            spec.codec,
            sides,
            op_in_flight=in_flight,
            reassert=policy == "local_to_remote" or (echo is not None and live is None),
            writable=policy in ("two_way", "local_to_remote"),
        )
    if isinstance(decision, Keep | Wait | Agree):
        return decision
    if live is not None and live.kind in _FROZEN:
        return Clash(decision.raw, live.kind)
    if not draft.local.has_base:
        return Pull(decision.raw, 10) if rules.remote_wins_first_contact else Clash(decision.raw, "first_contact", 10)
    if draft.unmarked and spec.written_by and spec.name not in draft.bases:
        return Clash(decision.raw, "unmarked_local_change")
    if _stale_copy_came_back(draft, spec.name) and isinstance(decision, Push | SetMerge):
        return Clash(decision.raw, "stale_write_suspected")
    return decision


def _stale_copy_came_back(draft: Draft, name: str) -> bool:
    """Whether the column went back to what it held before the sync's last write, soon after that write.

    Programs that save whole rows do that; nobody meant to edit the field.
    """
    last, edited_at = draft.last_writes.get(name), draft.local.modified_at
    if last is None or edited_at is None or name not in draft.bases or draft.accepted(name, "stale_write_suspected"):
        return False
    came_back = last.old == draft.values.get(name) and last.new == draft.bases[name]
    return came_back and abs(edited_at - last.at) <= draft.run.rules.stale_write_grace


def _keep(draft: Draft, spec: Field, decision: Keep) -> None:
    draft.undecided_fields.add(spec.name)
    if spec.written_by:
        draft.unread_fields.add(spec.name)
    if not decision.absent or spec.name in draft.bases:
        unclear = draft.run.catalog.unwritable.get(spec.name) if decision.absent else None
        draft.set_error(spec.name, unclear or _unreadable(decision.reason))


def _agree(draft: Draft, spec: Field, local: Value, raw: Value) -> None:
    draft.clear_error(spec.name)
    draft.forget_refusal(spec.name)
    draft.set_base(spec, local, raw)
    draft.end_live_conflict(spec.name, "equal")
    draft.apply_resolutions(spec.name)


def _pull(draft: Draft, spec: Field, raw: Value, row: int) -> None:
    draft.clear_error(spec.name)
    draft.forget_refusal(spec.name)
    value = spec.codec.to_local(raw)
    draft.end_live_conflict(spec.name, "superseded")
    draft.apply_resolutions(spec.name)
    draft.set_value(spec.name, value, reason="changed on the remote", row=row)
    draft.set_base(spec, value, raw)


def _push(draft: Draft, spec: Field, sides: Sides, decision: Push, changes: Sequence[FieldChange]) -> None:
    if decision.rebase:
        draft.set_base(spec, spec.codec.to_local(decision.raw), decision.raw)
        sides = replace(sides, base=spec.codec.to_local(decision.raw), base_raw=decision.raw)
    if problem := _push_problem(draft, spec, sides.local):
        # The remote is where it was: there is nothing to choose between, only an edit that cannot go out.
        draft.end_live_conflict(spec.name, "superseded")
        draft.set_error(spec.name, _not_pushable(draft, spec, problem))
        return
    if refusal := draft.standing_refusal(spec, sides.local, decision.raw):
        draft.end_live_conflict(spec.name, "superseded")
        draft.set_error(spec.name, _refused(draft, spec, refusal))
        return
    try:
        desired = _desired(draft, spec, sides, decision.raw)
    except LossyEdit as error:
        told = loss_details(error.reasons, error.losses)
        _clash(draft, spec, sides, Clash(decision.raw, "lossy_edit", 8), changes, told)
        return
    if spec.codec.canonical(desired) == spec.codec.canonical(decision.raw):
        # It only spells otherwise what the remote holds: a write would change nothing but tell everybody that it did.
        held = spec.codec.to_local(decision.raw)
        draft.set_value(spec.name, held, reason="as the remote spells it", row=1)
        _agree(draft, spec, held, decision.raw)
        return
    draft.end_live_conflict(spec.name, "superseded")
    wanted = Wanted(spec.codec.canonical(decision.raw), desired, sides.local)
    reason = "late echo of our own write" if decision.row == 3 else "changed locally"
    draft.want(spec, wanted, reason=reason, row=decision.row)


def _desired(draft: Draft, spec: Field, sides: Sides, remote: Value) -> Value:
    """The remote form of our value; the very text that it was before a loss that somebody accepted, if it is that."""
    for raw in draft.former_raw.get(spec.name, ()):
        if spec.codec.to_local(raw) == sides.local:
            return raw
    return spec.codec.to_remote(
        sides.local,
        base=sides.base,
        base_raw=remote,
        catalog=draft.run.catalog,
        lossy=draft.accepted(spec.name, "lossy_edit"),
    )


def _push_problem(draft: Draft, spec: Field, value: Value) -> str | None:
    """Why the value cannot go out, as far as can be told from here: this site cannot take it, or the value is wrong."""
    catalog = draft.run.catalog
    return draft.read_only or catalog.unwritable.get(spec.name) or spec.codec.problem(value, catalog)


def _clash(
    draft: Draft,
    spec: Field,
    sides: Sides,
    decision: Clash,
    changes: Sequence[FieldChange],
    told: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    if decision.kind == "both_changed" and _merge_text(draft, spec, sides, decision):
        return
    draft.clear_error(spec.name)
    conflict = draft.open_conflict(
        spec.name,
        decision.kind,
        base=sides.base,
        local=sides.local,
        remote=spec.codec.to_local(decision.raw),
        remote_raw=decision.raw,
        details={**_who_and_when(spec.name, changes), **told},
        row=decision.row,
    )
    if draft.run.rules.forces(spec.name):
        force_in(draft, conflict)
        if draft.values.get(spec.name) != spec.codec.to_local(decision.raw):
            _push(
                draft,
                spec,
                replace(sides, base=draft.bases.get(spec.name), base_raw=decision.raw),
                Push(decision.raw, 5),
                changes,
            )


def _merge_text(draft: Draft, spec: Field, sides: Sides, decision: Clash) -> bool:
    """Merge two texts block by block; False when they overlap or this is no text."""
    codec = spec.codec
    if not spec.is_text or not draft.run.rules.merge_texts or _push_problem(draft, spec, sides.local):
        return False
    merged = codec.merge(sides.base, sides.base_raw, sides.local, decision.raw)
    if merged is None:
        return False
    text, raw = merged
    draft.end_live_conflict(spec.name, "superseded")
    draft.clear_error(spec.name)
    draft.keep_base(spec.name)
    draft.set_value(spec.name, text, reason="both changed different blocks", row=8)
    if text == codec.to_local(decision.raw):
        draft.set_base(spec, text, decision.raw)
    else:
        wanted = Wanted(codec.canonical(decision.raw), raw, text)
        draft.want(spec, wanted, reason="both changed different blocks", row=8)
    return True


def _merge_set(draft: Draft, spec: Field, decision: SetMerge) -> None:
    bad = spec.codec.bad_elements(decision.add)
    add, remove = decision.add - set(bad), decision.remove
    draft.end_live_conflict(spec.name, "superseded")
    draft.keep_base(spec.name)
    merged = tuple(sorted(decision.merged))
    draft.set_value(spec.name, merged, reason=_why_merged(draft, spec, decision), row=decision.row)
    draft.set_base(spec, tuple(sorted(decision.base)), decision.raw)
    if not decision.add and not remove:
        draft.clear_error(spec.name)
        draft.forget_refusal(spec.name)
        draft.apply_resolutions(spec.name)
        return
    kept = _set_problem(draft, spec, merged, decision.raw)
    if kept is None and (add or remove):
        wanted = Wanted(None, None, merged, tuple(add), tuple(remove))
        draft.want(spec, wanted, reason="changed locally", row=decision.row)
    if bad and kept is None:
        kept = _not_pushable(draft, spec, "; ".join(f"the label '{label}' {why}" for label, why in sorted(bad.items())))
    if kept is not None:
        draft.set_error(spec.name, kept)


def _why_merged(draft: Draft, spec: Field, decision: SetMerge) -> str:
    """Why a set becomes another one here: by what somebody changed there, or only by how it is spelled there."""
    value = draft.values.get(spec.name)
    held = value if isinstance(value, tuple) else ()
    merged, here = ({spec.codec.identity(word) for word in words} for words in (decision.merged, held))
    return "as the remote spells it" if merged == here else "changed on the remote"


def _set_problem(draft: Draft, spec: Field, merged: Value, raw: Value) -> str | None:
    """The error of a set that cannot go out at all."""
    read_only = draft.run.rules.policy(spec) == "remote_to_local"
    problem = "cannot be changed from here" if read_only else _push_problem(draft, spec, merged)
    if problem:
        return _not_pushable(draft, spec, problem)
    refusal = draft.standing_refusal(spec, merged, raw)
    return _refused(draft, spec, refusal) if refusal else None


# --- words -----------------------------------------------------------------------------------------------------------


def _who_and_when(name: str, changes: Sequence[FieldChange]) -> Mapping[str, Any]:
    """Who changed the remote's value last, and when, as far as the history tells."""
    newest = next((change for change in reversed(changes) if change.field == name), None)
    return {"remote_author": newest.author_id, "remote_at": newest.at.isoformat()} if newest else {}


def _unreadable(reason: str) -> str:
    return f"the remote's value {reason}; nothing was changed on either side. It is read again by every sync"


def _not_pushable(draft: Draft, spec: Field, problem: str) -> str:
    """Why, that nothing is lost, and the way back."""
    return f"{spec.name}: {problem}. The edit stays here and is not sent; {_way_back(draft, spec)}"


def _refused(draft: Draft, spec: Field, refusal: Refusal) -> str:
    """The remote's last words and their time, that they are not final, and the ways on and back."""
    return (
        f"{spec.name}: {refusal.reason} (asked on {refusal.at:%Y-%m-%d %H:%M} UTC). The edit stays here and is tried "
        f"again by itself; at once: javis retry {draft.ref.key} --field {spec.name}; {_way_back(draft, spec)}"
    )


def _way_back(draft: Draft, spec: Field) -> str:
    """How to give an edit up. Texts are too long to be named."""
    back = "its former text" if spec.is_text else repr(draft.bases.get(spec.name))[:80]
    return f"to give it up, set the field back to {back}"
