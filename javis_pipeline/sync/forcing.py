"""Rules for a run in which a person has the conflicts resolved one way at once."""

import re
from collections.abc import Iterable
from typing import Final, get_args

from javis_pipeline.errors import UsageError
from javis_pipeline.records.sync import Force
from javis_pipeline.sync.fields import Kind
from javis_pipeline.sync.run import Rules

# Custom fields of Jira, by id: which there are only the site knows.
_OF_A_SITE: Final = re.compile(r"customfield_[0-9]+")


def forcing_rules(force: str, fields: Iterable[str], kinds: Iterable[Kind]) -> Rules:
    """Rules that resolve the conflicts of `fields` (none named: of all) to the `force` side.

    Raises:
        UsageError: There is no such side or field, or fields are named without a side.
    """
    side = next((choice for choice in get_args(Force) if choice == force), None)
    if side is None:
        raise UsageError(f"force is {force!r}; it can be {', '.join(get_args(Force))}")
    named = frozenset(fields)
    known = sorted({name for kind in kinds for name in kind.fields})
    if unknown := sorted(name for name in named.difference(known) if not _OF_A_SITE.fullmatch(name)):
        raise UsageError(f"no field is called {', '.join(unknown)}; fields: {', '.join(known)}")
    if named and side == "none":
        raise UsageError("fields are named, but no side to force them to: choose local or remote")
    return Rules(force=side, force_fields=named)
