"""The conflicts of one record in a draft: what is open, what a person chose, and every value that was ever in play."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from javis_pipeline.records.sync import Conflict, ConflictKind, ConflictValue, Resolution
from javis_pipeline.records.values import Value, from_json
from javis_pipeline.sync.fields import Field
from javis_pipeline.sync.run import Run

OFFERS: Final[frozenset[ConflictKind]] = frozenset({"overwrote_remote", "undo_of_changed", "edited_twice"})
"""Conflicts that offer an older value although both sides agree by now: they hold nothing up."""

SYNC_ACTOR: Final = "javis"

ValueSide: TypeAlias = Literal["base", "local", "remote", "resolved"]
_PAIR: Final[tuple[ValueSide, ...]] = ("base", "local", "remote")


def edits_shown(details: Mapping[str, Any]) -> dict[str, Value]:
    """The edits of a record that is gone, by field, that people are shown with the conflict that asks about them."""
    return {name: from_json(value) for name, value in details.get("values", {}).items()}


class Conflicts:
    """The conflicts of one record.

    Args:
        stored: As the store has them.
        run: Clock, ids and fields.
        values: What the columns hold as the draft has them now.
    """

    def __init__(self, stored: Iterable[Conflict], run: Run, values: Mapping[str, Value]) -> None:
        self._run = run
        self._values = values
        self._all: dict[UUID, Conflict] = {conflict.conflict_id: conflict for conflict in stored}
        self._stored = dict(self._all)
        self._in_play: list[ConflictValue] = []

    def __iter__(self) -> Iterator[Conflict]:
        return iter(list(self._all.values()))

    @property
    def changed(self) -> tuple[Conflict, ...]:
        """Those that differ from what is stored."""
        return tuple(c for key, c in self._all.items() if self._stored.get(key) != c)

    @property
    def values_in_play(self) -> tuple[ConflictValue, ...]:
        """Values that came into play."""
        return tuple(self._in_play)

    def live(self, name: str) -> Conflict | None:
        """The open conflict that holds up this field."""
        return next((c for c in self if c.field == name and c.state == "open" and c.kind not in OFFERS), None)

    def accepted(self, name: str, kind: ConflictKind) -> bool:
        """Whether a person resolved such a conflict for what the column holds, and it has not gone out yet."""
        return any(
            c.field == name and c.kind == kind and c.state == "resolved" and c.applied_at is None
            for c in self
            if c.local == self._values.get(name)
        )

    @property
    def wait_for_return(self) -> bool:
        """Whether a person chose to keep the edits of a record that is gone."""
        return any(c.kind == "edit_vs_remote_delete" and c.state == "resolved" for c in self)

    def open(self, wanted: Conflict) -> tuple[Conflict, bool]:
        """Open a conflict, or bring the open one of its field up to date; each new value is kept.

        Returns the conflict as it is now, and whether it says anything new.
        """
        old = self._same_question(wanted)
        if old and _pair(old) == _pair(wanted):
            return old, False
        conflict = wanted
        if old:
            details = wanted.details or old.details
            conflict = replace(wanted, conflict_id=old.conflict_id, created_at=old.created_at, details=details)
        self._all[conflict.conflict_id] = conflict
        for side in _PAIR:
            value = getattr(conflict, side)
            if old is None or getattr(old, side) != value:
                is_view = side == "remote" and _has_raw(self._run.kind.fields.get(conflict.field))
                self._note(conflict, side, value, raw=conflict.remote_raw if is_view else None)
        return conflict, True

    def _same_question(self, wanted: Conflict) -> Conflict | None:
        is_offer = wanted.kind in OFFERS
        alike = [c for c in self if c.field == wanted.field and c.state == "open" and (c.kind in OFFERS) == is_offer]
        return next((c for c in alike if c.kind == wanted.kind), None if is_offer else next(iter(alike), None))

    def follow(self, conflict: Conflict) -> Conflict:
        """Show what a side of an open conflict holds now; a new value is kept."""
        before = self._all[conflict.conflict_id]
        self._all[conflict.conflict_id] = conflict
        for side in _PAIR:
            if getattr(before, side) != (value := getattr(conflict, side)):
                self._note(conflict, side, value)
        return conflict

    def end(
        self,
        conflict: Conflict,
        resolution: Resolution,
        *,
        value: Value = None,
        by: str = SYNC_ACTOR,
        done: bool = True,
    ) -> None:
        """Close a conflict that went away (equal, superseded) or resolve it as a person chose.

        `done` is False when the choice still has to reach the remote.
        """
        now = self._run.now()
        chosen = resolution not in ("equal", "superseded")
        self._all[conflict.conflict_id] = replace(
            conflict,
            state="resolved" if chosen else "closed",
            resolution=resolution,
            resolved_value=value,
            resolved_by=by,
            resolved_at=now,
            applied_at=now if done else None,
        )
        if chosen:
            self._note(conflict, "resolved", value)

    def end_live(self, name: str, resolution: Resolution) -> None:
        """The field is decided again: its open conflict ends."""
        conflict = self.live(name)
        if conflict:
            self.end(conflict, resolution, value=self._values.get(name))

    def apply(self, name: str, kind: ConflictKind | None = None) -> None:
        """What people chose for this field, in conflicts of a kind or of any, has reached both sides."""
        for conflict in self:
            if conflict.field != name or kind not in (None, conflict.kind):
                continue
            if conflict.state == "resolved" and conflict.applied_at is None:
                self._all[conflict.conflict_id] = replace(conflict, applied_at=self._run.now())

    def _note(self, conflict: Conflict, side: ValueSide, value: Value, *, raw: Value = None) -> None:
        """Keep a value, with its remote form if that says more."""
        self._in_play.append(ConflictValue(conflict_id=conflict.conflict_id, side=side, value=value, raw=raw))


def _pair(conflict: Conflict) -> tuple[ConflictKind, Value, Value, Value, Mapping[str, Value]]:
    return conflict.kind, conflict.base, conflict.local, conflict.remote, edits_shown(conflict.details)


def _has_raw(spec: Field | None) -> bool:
    return spec is not None and spec.raw_column is not None
