"""Rows that were deleted here. A row comes back when somebody goes on editing the record; else it stays deleted, and of
kinds that say so the record is removed there too."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from javis_pipeline.records import Missing
from javis_pipeline.records.sync import WHOLE_RECORD, Conflict, ConflictKind, RemoteRecord
from javis_pipeline.records.values import fingerprint
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.resolve import force_in
from javis_pipeline.sync.wanted import Wanted

_KIND: Final[ConflictKind] = "remote_edit_vs_local_delete"


def stays_deleted(draft: Draft, remote: RemoteRecord) -> bool:
    """Whether the row stays as it was deleted; where somebody edited the record since, it comes back with a conflict.

    A person who was asked and chose the deletion has seen what is there: only a change of that is an edit since. What
    the row holds is not asked then, because an edit of it, or another conflict, may keep it apart from the remote.
    """
    there = _there(draft, remote)
    before = {**_bases(draft), **_chosen_against(draft)}
    changed = [name for name in there if there[name] != before.get(name, there[name])]
    if not changed:
        return True
    draft.conflicts.apply(WHOLE_RECORD, _KIND)
    draft.set_column("local_deleted_at", None)
    conflict = draft.open_conflict(
        WHOLE_RECORD,
        _KIND,
        base=None,
        local="deleted",
        remote=_edited(changed),
        remote_raw=None,
        details={"deleted_at": str(draft.local.deleted_at), "fields": changed, "there": there},
        row=9,
    )
    force_in(draft, conflict)
    return False


def remove_there(draft: Draft, remote: RemoteRecord) -> None:
    """Plan to remove the record as it was seen; what was refused waits for its time."""
    if "removal" in {op.kind for op in draft.operations.values() if op.state == "sent"}:
        return
    parts: dict[str, Wanted] = {}
    for name, spec in draft.fields.items():
        value = draft.sides(spec, remote).remote
        if isinstance(value, Missing):
            continue
        if refusal := draft.standing_refusal(spec, draft.values.get(name), value):
            draft.set_error(WHOLE_RECORD, f"it was deleted here, and is still there: {refusal.reason}")
            return
        parts[name] = Wanted(spec.codec.canonical(value), None, draft.values.get(name))
    if remote.read_only is not None:
        draft.set_error(WHOLE_RECORD, f"it was deleted here, and is still there: {remote.read_only}")
        return
    draft.want_removal(parts, reason="deleted here")


def follow_question(draft: Draft, remote: RemoteRecord) -> None:
    """An open conflict about a deletion is about what is there now; one that was decided ends with the deletion."""
    draft.conflicts.apply(WHOLE_RECORD, _KIND)
    conflict = draft.conflicts.live(WHOLE_RECORD)
    if conflict is not None and conflict.kind == _KIND:
        force_in(draft, _brought_up_to_date(draft, conflict, remote))


def _brought_up_to_date(draft: Draft, conflict: Conflict, remote: RemoteRecord) -> Conflict:
    shown = conflict.details.get("there", {})
    there = _there(draft, remote)
    if there == shown:
        return conflict
    held = _bases(draft)  # what we wrote there ourselves is nobody's edit
    changed = {name for name in there if there[name] not in (shown.get(name, there[name]), held[name])}
    fields = sorted({*conflict.details.get("fields", ()), *changed})
    details = {**conflict.details, "fields": fields, "there": {**shown, **there}}
    return draft.conflicts.follow(replace(conflict, remote=_edited(fields), details=details))


def _edited(fields: list[str]) -> str:
    return "edited: " + ", ".join(fields)


def _there(draft: Draft, remote: RemoteRecord) -> dict[str, str]:
    """Fingerprints of what the remote holds, of the fields that are synced and were in the answer."""
    return {
        name: fingerprint(spec.codec.canonical(value))
        for name, spec in draft.fields.items()
        if draft.run.rules.policy(spec) != "none" and not isinstance(value := draft.sides(spec, remote).remote, Missing)
    }


def _bases(draft: Draft) -> dict[str, str]:
    """The same of what both sides held last."""
    return {name: fingerprint(spec.codec.canonical(draft.base_raw(spec))) for name, spec in draft.fields.items()}


def _chosen_against(draft: Draft) -> Mapping[str, str]:
    """What the remote held when a person chose the deletion; empty when nobody had to."""
    chosen = [c for c in draft.conflicts if c.kind == _KIND and c.state == "resolved" and c.applied_at is None]
    return chosen[-1].details.get("there", {}) if chosen else {}
