"""When the remote is asked again after it did not take a value: a no is about the moment, not about the value.

Asked again at once: when a person says so, edits the field, or resolves its conflict. In the next run: when the base or
the remote's revision changed. Else after a run, an hour, six hours, and then every day.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from javis_pipeline.records.sync import Refusal
from javis_pipeline.records.values import Value, fingerprint
from javis_pipeline.sync.run import Run

T = TypeVar("T")

# By how often the remote was asked; the last one for all that follow.
_WAITS = (timedelta(0), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))


def about(value: Value, expected: Value, revision: datetime | None) -> str:
    """Fingerprint of what a refusal is about: the wanted value, the canonical remote value, the remote's revision."""
    return fingerprint([value, expected, revision.isoformat() if revision else None])


def refused(before: Refusal | None, run: Run, *, reason: str, about: str, suspects: tuple[str, ...]) -> Refusal:
    """The refusal that follows `before`."""
    times = before.times + 1 if before else 1
    return Refusal(reason=reason, at=run.now(), run_id=run.run_id, times=times, about=about, suspects=suspects)


def is_due(refusal: Refusal, now_about: str, run: Run) -> bool:
    """Whether the remote is to be asked again now.

    A clock that was set back makes nothing wait longer: the distance counts.
    """
    if refusal.again is not None or refusal.suspects:
        return True
    if refusal.run_id == run.run_id:
        return False
    if refusal.about != now_about:
        return True
    return abs(run.now() - refusal.at) >= _WAITS[min(refusal.times, len(_WAITS)) - 1]


def to_ask(wanted: Mapping[str, T], refusals: Mapping[str, Refusal]) -> dict[str, T]:
    """The part of what is wanted of one record that goes into the next request.

    What was never refused goes together. Where the remote did not say which field it refused, those of that request are
    halved until it is found; one that is known to have been refused goes alone, so that it cannot hold up another.
    """
    fresh = [name for name in wanted if name not in refusals]
    group = next((refusals[name].suspects for name in wanted if name in refusals and refusals[name].suspects), ())
    suspected = [name for name in wanted if name in refusals and refusals[name].suspects == group]
    chosen = fresh or (suspected[: (len(suspected) + 1) // 2] if group else list(wanted)[:1])
    return {name: wanted[name] for name in chosen}


def found_out(refusals: Mapping[str, Refusal], asked: Collection[str]) -> dict[str, Refusal]:
    """The refusals after `asked` was refused once more: those that were only suspected with them are cleared."""
    cleared = {suspect for name in asked if name in refusals for suspect in refusals[name].suspects} - set(asked)
    return {name: refusal for name, refusal in refusals.items() if name not in cleared}


def ask_again(refusal: Refusal, now: datetime) -> Refusal:
    """The refusal with a person's wish for another try."""
    return replace(refusal, again=now)
