"""JQL that says what it means, and what may stand for a project or an issue."""

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from javis_pipeline.clients.quoting import quote

PROJECT_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]*")
ISSUE_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*")
ISSUE_ID: Final = re.compile(r"[1-9][0-9]*")


def in_project(project_key: str) -> str:
    """The clause for all issues of a project."""
    if not PROJECT_KEY.fullmatch(project_key):
        raise ValueError(f"{project_key!r} is not a project key")
    return f"project = {quote(project_key)}"


def updated_since(instant: datetime, time_zone: str) -> str:
    """The clause for issues updated at or after an instant.

    JQL reads a literal to the minute, in the zone of the account's profile: so the instant is floored to the minute and
    written in that zone. Where the clocks go back, an hour has two readings and Jira may take the later one; an hour
    earlier covers both.
    """
    zone = ZoneInfo(time_zone)
    local = instant.astimezone(zone)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        local = (instant - timedelta(hours=1)).astimezone(zone)
    return f"updated >= {quote(local.strftime('%Y-%m-%d %H:%M'))}"


def sweep(project_key: str, updated_clause: str | None = None) -> str:
    """The query of an id sweep: the project's issues, oldest change first, so that an issue that changes while we page
    moves ahead of us instead of behind."""
    clauses = [in_project(project_key), *([updated_clause] if updated_clause else [])]
    return f"{' AND '.join(clauses)} ORDER BY updated ASC, id ASC"
