"""What should happen to one field: pure decisions from base, local and remote. Rows are those of the decision table.

The order of the rows matters: equal sides agree whatever the base says (that heals crashes, stale bases and restored
backups), and nothing is decided while the outcome of a write of ours is unknown. No clock chooses a winner.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from javis_pipeline.records import Missing
from javis_pipeline.records.sync import ConflictKind
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import Codec, UnreadableValue


@dataclass(frozen=True, slots=True)
class Keep:
    """The remote's value is not known: change nothing.

    `absent`: it was not in the answer, which a site may do for fields that a project does not use.
    """

    reason: str
    absent: bool = False
    row: int = 0


@dataclass(frozen=True, slots=True)
class Agree:
    """Both sides hold the same: it is the base."""

    raw: Value
    row: int = 1


@dataclass(frozen=True, slots=True)
class Wait:
    """A write of ours has an unknown outcome: settle it first."""

    row: int = 2


@dataclass(frozen=True, slots=True)
class Push:
    """The remote gets the local value, provided that it still holds what was seen.

    `rebase`: what the remote holds now is acknowledged as the base at once, so that a crash does not turn
    the decision into a pull.
    """

    raw: Value
    row: int
    rebase: bool = False


@dataclass(frozen=True, slots=True)
class Pull:
    """The column gets the remote's value."""

    raw: Value
    row: int = 4


@dataclass(frozen=True, slots=True)
class NotPushable:
    """The local edit stays, with an error."""

    raw: Value
    row: int = 6


@dataclass(frozen=True, slots=True)
class Clash:
    """Both values stay until a person chooses."""

    raw: Value
    kind: ConflictKind
    row: int = 9


@dataclass(frozen=True, slots=True)
class SetMerge:
    """A set merged element by element: the column's new value, the base, and the verbs for the remote."""

    raw: Value
    merged: frozenset[str]
    base: frozenset[str]
    add: frozenset[str]
    remove: frozenset[str]
    row: int = 7


Decision: TypeAlias = Keep | Agree | Wait | Push | Pull | NotPushable | Clash | SetMerge


@dataclass(frozen=True, slots=True)
class Sides:
    """One field on both sides, and its base in both forms.

    Attributes:
        base: What both sides held last, in local form.
        base_raw: The same in remote form.
        local: What the column holds.
        remote: What the API holds, in remote form; MISSING when the answer did not say.
    """

    base: Value
    base_raw: Value
    local: Value
    remote: Value | Missing


def decide_scalar(
    codec: Codec, sides: Sides, *, op_in_flight: bool = False, reassert: bool = False, writable: bool = True
) -> Decision:
    """The decision for a value that is replaced as a whole.

    Args:
        codec: Of the field.
        sides: The three values.
        op_in_flight: A write of this field was sent and its outcome is unknown.
        reassert: What the remote holds is no one's edit (a late echo of a write of ours that we gave up), or the
            local side is the authority for this field.
        writable: False when the field's policy or the site lets nothing be written.
    """
    b, l, r = sides.base, sides.local, sides.remote  # noqa: E741  the names of the decision table
    if isinstance(r, Missing):
        return Keep("was not in the answer", absent=True)
    try:
        remote_as_local = codec.to_local(r)
    except UnreadableValue as error:
        return Keep(str(error))
    if remote_as_local == l:
        return Agree(r)
    if op_in_flight:
        return Wait()
    if reassert and writable:
        return Push(r, row=3, rebase=True)
    if l == b:
        return Pull(r)
    if codec.canonical(r) == codec.canonical(sides.base_raw):
        return Push(r, row=5) if writable else NotPushable(r)
    return Clash(r, "both_changed")


def decide_set(
    base: frozenset[str], local: frozenset[str], remote: frozenset[str]
) -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    """(local, base, add, remove): each element is its own three-valued case.

    What anyone added and no one removed is in `local`; what anyone removed is not. `add` and `remove` bring the remote
    there. An element enters or leaves the base only when both sides agree on it.
    """
    merged = (local - (base - remote)) | (remote - base)
    return merged, (merged & remote) | (base & (merged | remote)), merged - remote, remote - merged


def decide_labels(
    codec: Codec,
    sides: Sides,
    *,
    op_in_flight: bool = False,
    late_add: frozenset[str] = frozenset(),
    late_remove: frozenset[str] = frozenset(),
) -> Decision:
    """The decision for a set-valued field.

    Args:
        codec: Of the field.
        sides: The three values; sets are tuples of their elements.
        op_in_flight: A write of this field was sent and its outcome is unknown.
        late_add: Elements that a write of ours, given up and executed late, added: no one's edit, so they belong to
            the base, and an element that is not wanted here any more is removed again.
        late_remove: The same for elements it removed.
    """
    if isinstance(sides.remote, Missing):
        return Keep("was not in the answer", absent=True)
    try:
        remote_as_local = codec.to_local(sides.remote)
    except UnreadableValue as error:
        return Keep(str(error))
    if remote_as_local == sides.local:
        return Agree(sides.remote)
    if op_in_flight:
        return Wait()
    remote, local, base = (_spelled(codec, value) for value in (remote_as_local, sides.local, sides.base))
    added, removed = _spelled(codec, late_add), _spelled(codec, late_remove)
    known = (base.keys() | (added.keys() & remote.keys())) - (removed.keys() - remote.keys())
    merged, new_base, add, remove = decide_set(frozenset(known), frozenset(local), frozenset(remote))
    spelling = {**added, **base, **local, **remote}  # what is there cannot be spelled otherwise from here

    def words(identities: frozenset[str]) -> frozenset[str]:
        return frozenset(spelling[identity] for identity in identities)

    return SetMerge(sides.remote, words(merged), words(new_base), words(add), words(remove))


def _spelled(codec: Codec, elements: Iterable[str] | Value) -> dict[str, str]:
    """Identity to one spelling, of the elements of a set."""
    words = elements if isinstance(elements, tuple | frozenset) else ()
    return {codec.identity(word): word for word in sorted(words, reverse=True)}
