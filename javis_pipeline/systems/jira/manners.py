"""How Jira words refusals and limits."""

from collections.abc import Mapping
from typing import Any, Final

from javis_pipeline.clients.refusals import Manners, Reach, Said


def _reach(reason: str) -> Reach:
    """A used-up quota is the whole site's; an issue has a limit of its own for writes."""
    if reason.startswith("jira-quota-"):
        return "site"
    return "record" if reason.startswith("jira-per-issue") else "endpoint"


def _said(body: Mapping[str, Any]) -> Said:
    errors, messages = body.get("errors"), body.get("errorMessages")
    return Said(messages if isinstance(messages, list) else (), errors if isinstance(errors, dict) else {})


JIRA: Final = Manners(record_key=r"[A-Z][A-Z0-9_]*-\d+", reach=_reach, said=_said)
