"""Which way the values of each field go, as the settings say it."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, assert_never, cast

from javis_pipeline.errors import SettingError
from javis_pipeline.records.policy import LeftAlone
from javis_pipeline.records.sync import FieldPolicy
from javis_pipeline.sync.fields import Kind

Policies = Mapping[str, FieldPolicy]

NO_POLICIES: Final[Policies] = {}
NO_ELEMENTS: Final[Mapping[str, bool]] = {}
NO_NAMES: Final[Mapping[str, str]] = {}
WAYS: Final = "ways"
"""Under which the ways of all fields are noted; a change of it alone has nothing read again."""
_LEFT: Final = "left alone"


def checked_policies(
    chosen: Policies,
    kind: Kind,
    setting: str,
    elements: Mapping[str, bool] = NO_ELEMENTS,
    called: Mapping[str, str] = NO_NAMES,
) -> Policies:
    """The policies that were chosen for a kind's fields, and for those of a site by their ids.

    Args:
        chosen: Field to policy.
        kind: Sort of the records.
        setting: Where that was chosen.
        elements: Fields of the site, and whether they can be edited here.
        called: What people call them, in lower case, with their ids.

    Raises:
        SettingError: There is no such field (the nearest are named), or it cannot go that way.
    """
    for name, policy in chosen.items():
        spec = kind.fields.get(name)
        if spec is None and name not in elements:
            raise SettingError(f"{setting}: there is no field {name}{_nearest(name, kind, elements, called)}")
        can_be_written = elements[name] if spec is None else spec.written_by is not None
        if policy in ("two_way", "local_to_remote") and not can_be_written:
            raise SettingError(f"{setting}: {name} is changed in {kind.system.title()} only: remote_to_local or none")
    return chosen


def _nearest(name: str, kind: Kind, elements: Iterable[str], called: Mapping[str, str]) -> str:
    more = ". javis fields lists custom fields" if called else ""
    spoken = name.replace("_", " ").casefold()
    if by_name := difflib.get_close_matches(spoken, called, n=1, cutoff=0.8):
        return f"; {by_name[0]} is the name of {called[by_name[0]]}{more}"
    near = difflib.get_close_matches(name, [*kind.fields, *elements], n=3)
    return (f"; the nearest: {', '.join(near)}" if near else f"; fields: {', '.join(kind.fields)}") + more


def left_alone(policies: Policies) -> LeftAlone:
    """The fields of which a pull changes nothing here."""
    unread, kept = ([name for name, policy in policies.items() if policy == way] for way in ("none", "local_to_remote"))
    return LeftAlone(frozenset(unread), frozenset(kept))


def noted(policies: Policies) -> Mapping[str, str]:
    """The same as it is noted with what a scope was read from: when what is left alone changes, all is read again."""
    left = left_alone(policies)
    ways = ",".join(f"{name}:{way}" for name, way in sorted(policies.items()))
    return {**({_LEFT: ",".join(sorted(left.all))} if left.all else {}), **({WAYS: ways} if ways else {})}


class NewWay(NamedTuple):
    """A field that goes another way from now on, and what comes of that."""

    field: str
    was: FieldPolicy
    now: FieldPolicy
    effect: str


def new_ways(before: Mapping[str, str] | None, policies: Policies, kind: Kind) -> list[NewWay]:
    """Fields that go another way than the last run took them.

    Args:
        before: What that run noted; None where there was none.
        policies: As they are chosen now.
        kind: Of the records; fields of the site go one way where nobody chose.
    """
    if before is None:
        return []
    told = before.get(WAYS, "")
    former = {name: cast(FieldPolicy, way) for name, _, way in (one.rpartition(":") for one in told.split(",") if one)}
    found = []
    for name in sorted({*former, *policies}):
        spec = kind.fields.get(name)
        usual: FieldPolicy = spec.default_policy if spec else "remote_to_local"
        was, now = former.get(name, usual), policies.get(name, usual)
        if was != now:
            found.append(NewWay(name, was, now, _effect(was, now)))
    return found


def _effect(was: FieldPolicy, now: FieldPolicy) -> str:
    again = " and all records are read again for it" if was in ("none", "local_to_remote") else ""
    match now:
        case "two_way":
            return f"edits here go out from now on{again}; nothing is sent that nobody edited"
        case "remote_to_local":
            return f"edits that wait here stay, with the reason{again}"
        case "local_to_remote":
            return "changes there are not taken any more; an edit here goes out over what is there"
        case "none":
            return "neither read nor sent; what is here stays, and edits that wait too, with the reason"
        case _:
            assert_never(now)
