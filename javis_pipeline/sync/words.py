"""What people are told of a field that is not in step: why, that nothing is lost, and the way back."""

from collections.abc import Mapping, Sequence
from typing import Any

from javis_pipeline.records.sync import FieldChange, Refusal
from javis_pipeline.records.values import Value
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.fields import Field


def who_and_when(name: str, changes: Sequence[FieldChange]) -> Mapping[str, Any]:
    """Who changed the remote's value last, and when, as far as the history tells."""
    newest = next((change for change in reversed(changes) if change.field == name), None)
    if newest is None:
        return {}
    told = {"remote_author": newest.author_id, "remote_at": newest.at.isoformat()}
    return told | ({"remote_author_name": newest.author_name} if newest.author_name else {})


def unreadable(reason: str) -> str:
    """The error of a field whose remote value makes no sense, or did not come."""
    return f"the remote's value {reason}; nothing was changed on either side. It is read again by every sync"


def not_pushable(draft: Draft, spec: Field, problem: str) -> str:
    """Why, that nothing is lost, and the way back."""
    return f"{spec.name}: {problem}. The edit stays here and is not sent; {_way_back(draft, spec)}"


def refused_so_far(draft: Draft, spec: Field, refusal: Refusal) -> str:
    """The remote's last words and their time, that they are not final, and the ways on and back."""
    return (
        f"{spec.name}: {refusal.reason} (asked on {refusal.at:%Y-%m-%d %H:%M} UTC). The edit stays here and is tried "
        f"again by itself; at once: javis retry {draft.ref.key} --field {spec.name}; {_way_back(draft, spec)}"
    )


def _shown(value: Value) -> str:
    """A value as people write it."""
    match value:
        case None:
            return "NULL"
        case tuple():
            return ", ".join(map(str, value)) or "an empty list"
        case str():
            return repr(value)
        case _:
            return str(value)


def _way_back(draft: Draft, spec: Field) -> str:
    """How to give an edit up. Texts are too long to be named."""
    back = "its former text" if spec.is_text else _shown(draft.bases.get(spec.name))[:80]
    return f"to give it up, set the field back to {back}"
