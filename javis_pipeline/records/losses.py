"""What an edit of a text would cost that its form here cannot say: shown before a person chooses."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_SHOWN = 60


class Loss(NamedTuple):
    """Content that goes if the edit goes out: of what kind, its words, and how often it is there."""

    kind: str
    text: str
    times: int


def loss_details(reasons: Iterable[str], losses: Iterable[Loss]) -> dict[str, Any]:
    """The details of a conflict that tell why it waits and what a choice would cost."""
    return {
        "reasons": list(reasons),
        "loses": [{"kind": loss.kind, "text": loss.text, "count": loss.times} for loss in losses],
    }


def reasons_shown(details: Mapping[str, Any]) -> list[str]:
    """Why an edit cannot go out as it is, one line each."""
    return [str(reason) for reason in details.get("reasons", ())]


def losses_shown(details: Mapping[str, Any]) -> list[str]:
    """What goes if the edit goes out anyway, one line each."""
    return [_shown(Loss(str(loss["kind"]), str(loss["text"]), int(loss["count"]))) for loss in details.get("loses", ())]


def effect_shown(details: Mapping[str, Any]) -> str:
    """What goes if the edit goes out anyway, and why it waits, in one line."""
    losses = losses_shown(details)
    lost = ["loses " + "; ".join(losses)] if losses else []
    return "; ".join([*lost, *reasons_shown(details)])


def _shown(loss: Loss) -> str:
    text = " ".join(loss.text.split())
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + "…"
    times = f" ({loss.times} times)" if loss.times > 1 else ""
    return f"{loss.kind}: {text}{times}" if text else f"{loss.kind}{times}"
