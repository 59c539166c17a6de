"""Which projects a command is about."""

import difflib
from collections.abc import Sequence

from javis_pipeline.errors import UsageError


def chosen_projects(asked: Sequence[str], configured: Sequence[str], *, setting: str = "JIRA_PROJECTS") -> list[str]:
    """The projects that were asked for, or all; UsageError names the nearest for one that is not configured.

    Args:
        setting: Name of the variable that would have to name it.
    """
    for key in asked:
        if key.upper() not in configured:
            near = difflib.get_close_matches(key.upper(), configured, n=1, cutoff=0.0)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"project {key} is not in {setting} ({', '.join(configured)}){hint}")
    return list(dict.fromkeys(key.upper() for key in asked)) or list(configured)
