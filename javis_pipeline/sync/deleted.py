"""Rows that were deleted here. A row comes back when somebody goes on editing the record, or takes it out of where it
was put away; else it stays deleted, and where that is wanted the record is put away there too."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from javis_pipeline.records import Missing
from javis_pipeline.records.policy import Way
from javis_pipeline.records.sync import ARCHIVED, PUTS_AWAY, REMOVED, WHOLE_RECORD, Conflict, ConflictKind, RemoteRecord
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
    removal = draft.removal
    draft.bring_back()
    conflict = draft.open_conflict(
        WHOLE_RECORD,
        _KIND,
        base=None,
        local="deleted",
        remote=_edited(changed),
        remote_raw=None,
        details={"deleted_at": str(draft.local.deleted_at), "fields": changed, "there": there, "removal": removal},
        row=9,
    )
    force_in(draft, conflict)
    return False


def was_restored(draft: Draft, remote: RemoteRecord) -> bool:
    """Whether somebody took the record out again of where it had been put away: then the row comes back."""
    if draft.removal != "done" or remote.away is not None:
        return False
    draft.bring_back()
    draft.audit("local", WHOLE_RECORD, None, draft.ref.key, "it was restored there")
    draft.item("record", WHOLE_RECORD, None, draft.ref.key, "it was restored there", 4)
    return True


def is_put_away(draft: Draft, remote: RemoteRecord) -> bool:
    """Whether the record is where its deletion here leads to."""
    if remote.away is None or draft.removal is None or (draft.removal, remote.away) == ("delete", "archived"):
        return False
    if draft.removal != "done":
        draft.set_column("removal", "done")
    return True


def put_away(draft: Draft, remote: RemoteRecord) -> None:
    """Plan to put the record away as it was seen; what was refused waits for its time."""
    way = _way_out(draft)
    if way is None:
        return
    if any(op.kind in PUTS_AWAY and op.state == "sent" for op in draft.operations.values()):
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
    if remote.read_only is not None and remote.away is None:
        draft.set_error(WHOLE_RECORD, f"it was deleted here, and is still there: {remote.read_only}")
        return
    becomes = ARCHIVED if way == "archive" else REMOVED
    draft.want_away(
        "archive" if way == "archive" else "removal", parts, reason=f"deleted here, and to be {becomes} there"
    )


def _way_out(draft: Draft) -> Way | None:
    """What becomes of the record there: what was said when its row was deleted, as far as that holds now."""
    if draft.run.kind.table.place.removes:
        return "delete"
    allowed = draft.run.rules.way_out
    if allowed is None or draft.removal not in ("archive", "delete"):
        return None
    return "archive" if "archive" in (allowed, draft.removal) else "delete"


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
