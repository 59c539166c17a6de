"""When a column or its base is not what it seems: first contact, a change behind the trigger's back, a stale copy."""

from javis_pipeline.records.sync import ConflictKind
from javis_pipeline.sync.decide import Agree, Clash, Decision, Keep, Pull, Push, SetMerge, Wait
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.fields import Field

# These wait for a person whatever the sides do, except that they become equal: there is no base to decide with.
_FROZEN: frozenset[ConflictKind] = frozenset({"first_contact", "unmarked_local_change"})


def trusted(draft: Draft, spec: Field, decision: Decision) -> Decision:
    """The decision, or what takes its place where it follows from values that nobody meant."""
    if isinstance(decision, Keep | Wait | Agree):
        return decision
    live = draft.conflicts.live(spec.name)
    if live is not None and live.kind in _FROZEN:
        return Clash(decision.raw, live.kind)
    if not draft.local.has_base:
        remote_wins = draft.run.rules.remote_wins_first_contact
        return Pull(decision.raw, 10) if remote_wins else Clash(decision.raw, "first_contact", 10)
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
    if (
        last is None
        or edited_at is None
        or name not in draft.bases
        or draft.conflicts.accepted(name, "stale_write_suspected")
    ):
        return False
    came_back = last.old == draft.values.get(name) and last.new == draft.bases[name]
    return came_back and abs(edited_at - last.at) <= draft.run.rules.stale_write_grace
