"""What a step of a creation does to the row that was inserted: pure, and stored in one transaction with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from javis_pipeline.records.create import Creation, CreationPlan, Form, Met, Wish
from javis_pipeline.records.sync import WHOLE_RECORD


def plan_to_send(wish: Wish, after: Creation, form: Form) -> CreationPlan:
    """A request is about to go out: what it holds is the base of what people edit from now on.

    A field that follows later has no base yet: what the remote then has is its base.
    """
    return CreationPlan(
        creation=after,
        columns=_columns(wish, after, after_at=None),
        bases=dict.fromkeys((*form.later, *wish.elements)),
        raw=form.raw,
    )


def plan_of(wish: Wish, after: Creation, now: datetime, *, alike: Sequence[Met] = ()) -> CreationPlan:
    """Any other step."""
    return CreationPlan(
        creation=after,
        columns=_columns(wish, after, after_at=now),
        is_bound=wish.creation.remote_id is None and after.remote_id is not None,
        details=_details(after, alike),
    )


def _columns(wish: Wish, after: Creation, *, after_at: datetime | None) -> dict[str, Any]:
    reason = _reason(after)
    columns: dict[str, Any] = {
        "sync_errors": {WHOLE_RECORD: reason} if reason else {},
        "sync_status": _status(after),
    }
    if after.state == "gone":
        columns["remote_state"] = "gone"
    if after.state == "withdrawn" and not wish.deleted:
        columns["local_deleted_at"] = after_at
    return columns


def _status(creation: Creation) -> str:
    match creation.state:
        case "asks":
            return "conflict"
        case "rejected":
            return "error"
        case "sent" | "unknown":
            return "pushing"
        case "planned":
            return "local_modified"
        case _:
            return "synced"


def _reason(creation: Creation) -> str | None:
    """What the row says of it."""
    why = creation.last_error
    match creation.state:
        case "rejected":
            reason = (why or "").rstrip(".")
            return f"it was not made: {reason}. Mend it here with UPDATE, or delete the row; it is tried again then"
        case "unknown":
            return f"whether it was made is not known yet ({why}); every sync looks for it, and none asks for it twice"
        case "asks":
            return (
                "whether it was made cannot be found out, and a person has to say: "
                "javis conflicts resolve ID --again | --is KEY | --gone | --withdraw"
            )
        case _:
            return None


def _details(creation: Creation, alike: Sequence[Met]) -> dict[str, Any]:
    if creation.state != "asks" or creation.fence is None:
        return {}
    return {
        "sent_at": creation.fence.at.isoformat(),
        "above": creation.fence.number,
        "alike": [{"key": one.key, "title": one.title, "type": one.type_name} for one in alike],
    }
