"""Which way the values of each field go, as the settings say it."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

from javis_pipeline.errors import SettingError
from javis_pipeline.records.sync import FieldPolicy
from javis_pipeline.sync.fields import Kind

Policies = Mapping[str, FieldPolicy]

NO_POLICIES: Final[Policies] = {}


def checked_policies(chosen: Policies, kind: Kind, elements: Iterable[str], setting: str) -> Policies:
    """The policies that were chosen for a kind's fields, and for those of a site by their ids.

    Raises:
        SettingError: There is no such field (the nearest are named), or it cannot go that way.
    """
    own = set(elements)
    for name, policy in chosen.items():
        spec = kind.fields.get(name)
        if spec is None and name not in own:
            near = difflib.get_close_matches(name, [*kind.fields, *own], n=3)
            hint = f"; the nearest: {', '.join(near)}" if near else f"; fields: {', '.join(kind.fields)}"
            raise SettingError(f"{setting}: there is no field {name}{hint}. javis fields lists custom fields")
        if policy == "two_way" and (spec is None or spec.written_by is None):
            raise SettingError(f"{setting}: {name} is changed in {kind.system.title()} only: remote_to_local or none")
    return chosen


def unread_fields(policies: Policies) -> frozenset[str]:
    """The fields that are neither read nor written: their columns keep what they hold."""
    return frozenset(name for name, policy in policies.items() if policy == "none")
