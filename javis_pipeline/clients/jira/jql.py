"""JQL that says what it means: every value in a query passes through here."""

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

PROJECT_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]*")
ISSUE_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*")
ISSUE_ID: Final = re.compile(r"[1-9][0-9]*")


def quote(value: str) -> str:
    """The value as a JQL string.

    Raises:
        ValueError: It holds a control character, which JQL cannot hold.
    """
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError("a JQL value cannot hold control characters")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


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
