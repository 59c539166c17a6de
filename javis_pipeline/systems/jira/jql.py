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


def is_known_zone(time_zone: str) -> bool:
    """Whether this machine knows the rules of a zone: zones are renamed, and slim images know none but UTC."""
    try:
        ZoneInfo(time_zone)
    except (LookupError, ValueError, OSError):  # of a name that is none, that is no path, that leads to a folder
        return False
    return True


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


def updated_since_ms(instant: datetime) -> str:
    """The same clause with the instant, floored to the minute, as milliseconds since 1970: no zone is involved."""
    return f"updated >= {_epoch_ms(instant)}"


def readings_differ(project_key: str, instant: datetime, time_zone: str) -> str:
    """The query for issues on which the two spellings of an instant do not agree: it should find none."""
    ms, literal = _epoch_ms(instant), updated_since(instant, time_zone)
    before = literal.replace(">=", "<", 1)
    between = f"(updated >= {ms} AND {before}) OR (updated < {ms} AND {literal})"
    return f"{in_project(project_key)} AND ({between}) ORDER BY updated ASC, id ASC"


def _epoch_ms(instant: datetime) -> int:
    return int(instant.timestamp()) // 60 * 60_000


def sweep(project_key: str, updated_clause: str | None = None) -> str:
    """The query of an id sweep: the project's issues, oldest change first, so that an issue that changes while we page
    moves ahead of us instead of behind."""
    clauses = [in_project(project_key), *([updated_clause] if updated_clause else [])]
    return f"{' AND '.join(clauses)} ORDER BY updated ASC, id ASC"
