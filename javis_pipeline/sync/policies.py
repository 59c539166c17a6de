"""Which way the values of each field go, as the settings say it."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

from javis_pipeline.errors import SettingError
from javis_pipeline.records.policy import LeftAlone
from javis_pipeline.records.sync import FieldPolicy
from javis_pipeline.sync.fields import Kind

Policies = Mapping[str, FieldPolicy]

NO_POLICIES: Final[Policies] = {}
NO_ELEMENTS: Final[Mapping[str, bool]] = {}
NO_NAMES: Final[Mapping[str, str]] = {}


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
    spoken = name.replace("_", " ")
    if by_name := difflib.get_close_matches(spoken, called, n=1, cutoff=0.8):
        return f"; {by_name[0]} is the name of {called[by_name[0]]}{more}"
    near = difflib.get_close_matches(name, [*kind.fields, *elements], n=3)
    return (f"; the nearest: {', '.join(near)}" if near else f"; fields: {', '.join(kind.fields)}") + more


def left_alone(policies: Policies) -> LeftAlone:
    """The fields of which a pull changes nothing here."""
    unread, kept = ([name for name, policy in policies.items() if policy == way] for way in ("none", "local_to_remote"))
    return LeftAlone(frozenset(unread), frozenset(kept))


def noted(left: LeftAlone) -> Mapping[str, str]:
    """The same as it is noted with what a scope was read from: when it changes, all is read again."""
    return {"left alone": ",".join(sorted(left.all))} if left.all else {}
