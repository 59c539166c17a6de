"""One field of a record: its decision, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, assert_never

from javis_pipeline.records.losses import loss_details
from javis_pipeline.records.sync import FieldChange, RemoteRecord
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import LossyEdit
from javis_pipeline.sync.conflicts import OFFERS
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
from javis_pipeline.sync.distrust import trusted
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.echoes import Echo
from javis_pipeline.sync.fields import Field
from javis_pipeline.sync.resolve import force_in
from javis_pipeline.sync.wanted import Wanted
from javis_pipeline.sync.words import not_pushable, refused_so_far, unreadable, who_and_when

_ONE_WAY = "cannot be changed from here"
_NOT_SYNCED = "is neither read nor sent, by the policy of the field"
_MERGED = "both changed different blocks"
_WHY_PUSHED = {3: "late echo of our own write", 5: "changed locally", 8: _MERGED}


def reconcile_field(
    draft: Draft, spec: Field, remote: RemoteRecord, changes: Sequence[FieldChange], echo: Echo | None
) -> None:
    """Decide one field of a draft; `echo` when what the remote holds is a late write of ours."""
    if draft.run.rules.policy(spec) == "none":
        if spec.name in draft.bases:
            draft.set_error(spec.name, not_pushable(draft, spec, _NOT_SYNCED))
        return
    _follow_offers(draft, spec.name)
    if draft.run.rules.policy(spec) == "local_to_remote" and spec.name not in draft.bases:
        return  # nothing there is taken, and without an edit here nothing is sent
    sides = draft.sides(spec, remote)
    decision = _decide(draft, spec, sides, echo)
    if draft.run.rules.policy(spec) == "local_to_remote" and isinstance(decision, Push | SetMerge):
        _keep_replaced(draft, spec, sides, decision, changes)
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
            draft.conflicts.end_live(spec.name, "superseded")
            draft.set_error(spec.name, not_pushable(draft, spec, _one_way(draft, spec)))
        case Clash():
            _clash(draft, spec, sides, decision, changes)
        case SetMerge():
            _merge_set(draft, spec, decision)
        case _:
            assert_never(decision)


def _follow_offers(draft: Draft, name: str) -> None:
    """An offer shows what the column holds now: a choice is made between what is current."""
    for conflict in draft.conflicts:
        current = draft.values.get(name)
        if conflict.field != name or conflict.state != "open" or conflict.kind not in OFFERS:
            continue
        if conflict.local != current:
            conflict = draft.conflicts.follow(replace(conflict, local=current))
        force_in(draft, conflict)


def _decide(draft: Draft, spec: Field, sides: Sides, echo: Echo | None) -> Decision:
    """The field's decision, unless its base cannot be trusted."""
    policy = draft.run.rules.policy(spec)
    in_flight = spec.name in draft.fields_in_flight()
    live = draft.conflicts.live(spec.name)
    if spec.is_set and _is_set_of_texts(sides.local):
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
    return trusted(draft, spec, decision)


def _keep_replaced(
    draft: Draft, spec: Field, sides: Sides, decision: Push | SetMerge, changes: Sequence[FieldChange]
) -> None:
    """What somebody changed there, and an edit here is about to replace, is offered to people."""
    before, held = spec.codec.canonical(sides.base_raw), spec.codec.canonical(decision.raw)
    if spec.is_set:
        before = spec.codec.canonical(sides.base)
    if before == held or _push_problem(draft, spec, sides.local):
        return
    draft.open_conflict(
        spec.name,
        "overwrote_remote",
        base=sides.base,
        local=sides.local,
        remote=spec.codec.to_local(decision.raw),
        remote_raw=decision.raw,
        details=who_and_when(spec.name, changes),
        row=3,
    )


def _is_set_of_texts(value: Value) -> bool:
    """What else somebody wrote into an element is no set that could be merged; why it cannot go out is told."""
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)


def _keep(draft: Draft, spec: Field, decision: Keep) -> None:
    draft.undecided_fields.add(spec.name)
    if spec.written_by:
        draft.unread_fields.add(spec.name)
    if not decision.absent or spec.name in draft.bases:
        unclear = draft.catalog.unwritable.get(spec.name) if decision.absent else None
        draft.set_error(spec.name, unclear or unreadable(decision.reason))


def _agree(draft: Draft, spec: Field, local: Value, raw: Value) -> None:
    draft.clear_error(spec.name)
    draft.forget_refusal(spec.name)
    draft.set_base(spec, local, raw)
    draft.conflicts.end_live(spec.name, "equal")
    draft.conflicts.apply(spec.name)


def _pull(draft: Draft, spec: Field, raw: Value, row: int) -> None:
    draft.clear_error(spec.name)
    draft.forget_refusal(spec.name)
    value = spec.codec.to_local(raw)
    draft.conflicts.end_live(spec.name, "superseded")
    draft.conflicts.apply(spec.name)
    draft.set_value(spec.name, value, reason="changed on the remote", row=row)
    draft.set_base(spec, value, raw)


def _push(draft: Draft, spec: Field, sides: Sides, decision: Push, changes: Sequence[FieldChange]) -> None:
    if decision.rebase:
        draft.set_base(spec, spec.codec.to_local(decision.raw), decision.raw)
        sides = replace(sides, base=spec.codec.to_local(decision.raw), base_raw=decision.raw)
    if problem := _push_problem(draft, spec, sides.local):
        # The remote is where it was: there is nothing to choose between, only an edit that cannot go out.
        draft.conflicts.end_live(spec.name, "superseded")
        draft.set_error(spec.name, not_pushable(draft, spec, problem))
        return
    if refusal := draft.standing_refusal(spec, sides.local, decision.raw):
        draft.conflicts.end_live(spec.name, "superseded")
        draft.set_error(spec.name, refused_so_far(draft, spec, refusal))
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
    draft.conflicts.end_live(spec.name, "superseded")
    wanted = Wanted(spec.codec.canonical(decision.raw), desired, sides.local)
    draft.want(spec, wanted, reason=_WHY_PUSHED[decision.row], row=decision.row)


def _desired(draft: Draft, spec: Field, sides: Sides, remote: Value) -> Value:
    """The remote form of our value; the very text that it was before a loss, if it is that."""
    for raw in draft.former_raw.get(spec.name, ()):
        if spec.codec.to_local(raw) == sides.local:
            return raw
    return spec.codec.to_remote(
        sides.local,
        base=sides.base,
        base_raw=remote,
        catalog=draft.catalog,
        lossy=draft.conflicts.accepted(spec.name, "lossy_edit"),
    )


def _push_problem(draft: Draft, spec: Field, value: Value) -> str | None:
    """Why the value cannot go out, as far as can be told from here: nothing of the field does, this site cannot take
    it, or the value is wrong. Whoever decided that it should, and be it a person's force, is told here."""
    if draft.run.rules.policy(spec) == "remote_to_local":
        return _one_way(draft, spec)
    catalog = draft.catalog
    return draft.read_only or catalog.unwritable.get(spec.name) or spec.codec.problem(value, catalog)


def _one_way(draft: Draft, spec: Field) -> str:
    if spec.by_choice:
        return f"{_ONE_WAY}; {draft.run.kind.system.upper()}_FIELD_POLICY={spec.name}:two_way lets it go both ways"
    return _ONE_WAY


def _clash(
    draft: Draft,
    spec: Field,
    sides: Sides,
    decision: Clash,
    changes: Sequence[FieldChange],
    told: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    if decision.kind == "both_changed" and _merge_text(draft, spec, sides, decision, changes):
        return
    if not told and (losses := list(spec.codec.loses(sides.local, decision.raw))):
        told = loss_details((), losses)
    draft.clear_error(spec.name)
    conflict = draft.open_conflict(
        spec.name,
        decision.kind,
        base=sides.base,
        local=sides.local,
        remote=spec.codec.to_local(decision.raw),
        remote_raw=decision.raw,
        details={**who_and_when(spec.name, changes), **told},
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


def _merge_text(draft: Draft, spec: Field, sides: Sides, decision: Clash, changes: Sequence[FieldChange]) -> bool:
    """Merge two texts block by block; False when they overlap or this is no text.

    What the remote holds is in the merged text, so it is acknowledged as the base: decided once more, the same edit is
    one of ours alone.
    """
    codec = spec.codec
    if not spec.is_text or not draft.run.rules.merge_texts or _push_problem(draft, spec, sides.local):
        return False
    merged = codec.merge(sides.base, sides.base_raw, sides.local, decision.raw)
    if merged is None:
        return False
    draft.clear_error(spec.name)
    draft.keep_base(spec.name)
    draft.set_value(spec.name, merged.text, reason=_MERGED, row=8)
    _push(draft, spec, replace(sides, local=merged.text), Push(decision.raw, 8, rebase=True), changes)
    return True


def _merge_set(draft: Draft, spec: Field, decision: SetMerge) -> None:
    bad = spec.codec.bad_elements(decision.add, draft.catalog)
    add, remove = decision.add - set(bad), decision.remove
    draft.conflicts.end_live(spec.name, "superseded")
    draft.keep_base(spec.name)
    merged = tuple(sorted(decision.merged))
    draft.set_value(spec.name, merged, reason=_why_merged(draft, spec, decision), row=decision.row)
    draft.set_base(spec, tuple(sorted(decision.base)), decision.raw)
    if not decision.add and not remove:
        draft.clear_error(spec.name)
        draft.forget_refusal(spec.name)
        draft.conflicts.apply(spec.name)
        return
    kept = _set_problem(draft, spec, merged, decision.raw)
    if kept is None and (add or remove):
        wanted = Wanted(None, None, merged, tuple(add), tuple(remove))
        draft.want(spec, wanted, reason="changed locally", row=decision.row)
    if bad and kept is None:
        kept = not_pushable(
            draft, spec, "; ".join(f"the {spec.codec.element} '{one}' {why}" for one, why in sorted(bad.items()))
        )
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
    if problem := _push_problem(draft, spec, merged):
        return not_pushable(draft, spec, problem)
    refusal = draft.standing_refusal(spec, merged, raw)
    return refused_so_far(draft, spec, refusal) if refusal else None
