"""How each variable is written: from its text to a typed value, and an example of it for messages.

A ValueError says what is wrong, as the rest of a sentence that begins with the variable's name; it never shows a value.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import NoDecode

from javis_pipeline.records.policy import Way
from javis_pipeline.records.sync import FieldPolicy

Executor = Literal["in_process", "multiprocess", "celery", "k8s"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

# Which way a field can be told to go.
POLICIES: Final[tuple[FieldPolicy, ...]] = ("two_way", "remote_to_local", "local_to_remote", "none")


class ProjectSpace(NamedTuple):
    """A Confluence space and the project it is synced with; the project may have no Jira side."""

    project: str
    space: str


def _base_url(value: str) -> str:
    """`value` without trailing slashes; ValueError unless it is an http(s) URL of a site or gateway."""
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_valid or re.search(r"\s", value):
        raise ValueError("is not an http or https URL")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user name or password; they have variables of their own")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or fragment")
    return value.rstrip("/")


def _postgres_url(value: object) -> object:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str) or not re.match(r"postgres(ql)?(\+psycopg2?)?://", text):
        raise ValueError("is not a PostgreSQL URL")
    return SecretStr(re.sub(r"^[a-z0-9+]+://", "postgresql://", text))


def _items(text: str) -> list[str]:
    """The parts of a comma-separated list, without blanks and empty parts."""
    return [item.strip() for item in text.split(",") if item.strip()]


def _project_key(text: str) -> str:
    key = text.strip().upper()
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", key):
        raise ValueError("holds something that is not a project key")
    return key


def _pairs(text: str, right: str, what: str) -> list[tuple[str, str]]:
    """(project key, right side) of each `project:right` in the list; `right` is a pattern, `what` its name."""
    pairs = [item.partition(":") for item in _items(text)]
    for _, colon, value in pairs:
        if not colon:
            raise ValueError(f"holds an item without a colon between project and {what}")
        if not re.fullmatch(right, value.strip()):
            raise ValueError(f"holds something that is not a {what}")
    return [(_project_key(project), value.strip()) for project, _, value in pairs]


# Variables are texts; a value that is already typed (from Python) passes these by.


def _projects(value: object) -> object:
    return tuple(dict.fromkeys(map(_project_key, _items(value)))) if isinstance(value, str) else value


def _two_way(value: object) -> object:
    """Projects of which a verb is done on both sides, as in "OQC:two_way,EUV:two_way"; "two_way" alone is all."""
    if not isinstance(value, str):
        return value
    found: dict[str, None] = {}
    for item in _items(value):
        project, _, way = item.rpartition(":")
        if way.strip() != "two_way":
            raise ValueError("holds an item that does not end in two_way")
        found["*" if not project.strip() or project.strip() == "*" else _project_key(project)] = None
    return tuple(found)


def _ways(value: object) -> object:
    return dict(_pairs(value, "archive|delete", "way, archive or delete")) if isinstance(value, str) else value


def _spaces(value: object) -> object:
    if not isinstance(value, str):
        return value
    # A personal space's key starts with a tilde.
    spaces = dict.fromkeys(ProjectSpace(*pair) for pair in _pairs(value, r"~?[A-Za-z0-9._-]+", "space key"))
    homes: dict[str, str] = {}
    for project, space in spaces:
        # Two partitions would sync the same pages, each under its own lock.
        if homes.setdefault(space, project) != project:
            raise ValueError("gives one space to two projects")
    return tuple(spaces)


def _fields(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [re.fullmatch(r"([a-z_]+)\s*:\s*(customfield_\d+)", item) for item in _items(value)]
    if not all(pairs):
        raise ValueError("holds something that is not a field's role, a colon and the id of a custom field")
    return {pair[1]: pair[2] for pair in pairs if pair}


def _policies(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [re.fullmatch(r"([^\s:][^:]*?)\s*:\s*(\w+)", item) for item in _items(value)]
    if not all(pairs):
        raise ValueError("holds something that is not a field, a colon and which way it goes")
    policies = {pair[1]: pair[2] for pair in pairs if pair}
    if unknown := sorted(set(policies.values()) - set(POLICIES)):
        raise ValueError(f"has {', '.join(unknown)}, where only {', '.join(POLICIES)} are possible")
    return policies


def _channels(value: object) -> object:
    return dict(_pairs(value, r"#?[\w.-]+", "channel")) if isinstance(value, str) else value


def _slack_users(value: object) -> object:
    if not isinstance(value, str):
        return value
    users = tuple(dict.fromkeys(_items(value)))
    if not all(re.fullmatch(r"[UW][A-Z0-9]{2,}", user) for user in users):
        raise ValueError("holds something that is not the id of a member")
    return users


def _slack_people(value: object) -> object:
    if not isinstance(value, str):
        return value
    # An account id may hold a colon itself; the member's id is what follows the last one.
    pairs = [item.rpartition(":") for item in _items(value)]
    if not all(person.strip() and re.fullmatch(r"[UW][A-Z0-9]{2,}", member.strip()) for person, _, member in pairs):
        raise ValueError("holds something that is not an account id or e-mail, a colon and the id of a member")
    return {person.strip(): member.strip() for person, _, member in pairs}


def _time_zone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a directory, such as "Europe"
        raise ValueError("is not the name of a time zone") from None


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _owners(value: object) -> object:
    """Teams and addresses, as Dagster wants them."""
    if not isinstance(value, str):
        return value
    for owner in _items(value):
        if not re.fullmatch(r"team:[A-Za-z0-9_-]+|[^\s@:]+@[^\s@:]+\.[^\s@:]+", owner):
            raise ValueError("is neither team:NAME nor an address")
    return tuple(dict.fromkeys(_items(value)))


def _words(value: object) -> object:
    return tuple(dict.fromkeys(item.casefold() for item in _items(value))) if isinstance(value, str) else value


Count = Annotated[int, Field(ge=1)]
# Within a week a write may still turn out to have been executed, and a person come back from a few days off.
Days = Annotated[int, Field(ge=7, le=36_500)]
BaseUrl = Annotated[str, BeforeValidator(_base_url)]
PostgresUrl = Annotated[SecretStr, BeforeValidator(_postgres_url)]
Projects = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_projects)]
TwoWayProjects = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_two_way)]
ProjectWays = Annotated[Mapping[str, Way], NoDecode, BeforeValidator(_ways)]
Spaces = Annotated[tuple[ProjectSpace, ...], NoDecode, BeforeValidator(_spaces)]
RoleFields = Annotated[Mapping[str, str], NoDecode, BeforeValidator(_fields)]
FieldPolicies = Annotated[Mapping[str, FieldPolicy], NoDecode, BeforeValidator(_policies)]
SlackMembers = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_slack_users)]
SlackPeople = Annotated[Mapping[str, str], NoDecode, BeforeValidator(_slack_people)]
Channels = Annotated[Mapping[str, str], NoDecode, BeforeValidator(_channels)]
TimeZone = Annotated[ZoneInfo, BeforeValidator(_time_zone)]
Level = Annotated[LogLevel, BeforeValidator(_upper)]
Owners = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_owners)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]

# What each variable should look like; shown in messages.
EXAMPLES: Final = {
    "DATABASE_URL": "postgresql://user:password@host:5432/javis",
    "DAGSTER_POSTGRES_URL": "postgresql://user:password@host:5432/javis_dagster",
    "JIRA_URL": "https://acme.atlassian.net",
    "JIRA_EMAIL": "you@acme.com",
    "JIRA_TOKEN": "<API token>",
    "JIRA_FIELDS": "story_points:customfield_10016",
    "JIRA_FIELD_POLICY": "labels:remote_to_local,customfield_10057:two_way",
    "CONFLUENCE_URL": "https://acme.atlassian.net/wiki",
    "CONFLUENCE_EMAIL": "you@acme.com",
    "CONFLUENCE_TOKEN": "<API token>",
    "JIRA_PROJECTS": "OQC,EUV",
    "CONFLUENCE_SPACES": "OQC:OQC,OQC:OQCDOC,HANDBOOK:HB",
    "CONFLUENCE_FIELD_POLICY": "body_storage:local_to_remote,labels:none",
    "ANTHROPIC_API_KEY": "<API key>",
    "ANTHROPIC_MODEL": "claude-sonnet-5-5",
    "ANTHROPIC_BASE_URL": "https://api.anthropic.com",
    "SLACK_BOT_TOKEN": "<bot token>",
    "SLACK_SIGNING_SECRET": "<signing secret>",
    "SLACK_APP_TOKEN": "<app-level token>",
    "SLACK_ALLOWED_USERS": "U0123456789,U9876543210",
    "SLACK_PEOPLE": "712020:4aa77364-3287-4a4a-8d29-2ac5498dade7:U0123456789",
    "SLACK_DEFAULT_CHANNEL": "C0123456789",
    "SLACK_CHANNELS": "OQC:C0123456789,EUV:C9876543210",
    "SLACK_BASE_URL": "https://slack.com/api",
    "JAVIS_WEBHOOK_SECRET": "<a random text of 16 or more>",
    "JAVIS_TIMEZONE": "Europe/Berlin",
    "JAVIS_UI_URL": "https://dagster.acme.com",
    "JAVIS_SOURCE_URL": "https://git.acme.com/javis/blob/main",
    "JAVIS_OWNERS": "team:platform,mara@acme.com",
    "JAVIS_HOME": "/var/lib/javis",
    "DAGSTER_HOME": "/var/lib/javis/dagster",
    "JAVIS_PG_BIN": "/usr/lib/postgresql/17/bin",
    "JAVIS_AUTOSTART": "1",
    "JAVIS_DEMO_PORT": "8765",
    "JAVIS_READ_ONLY": "1",
    "JAVIS_READ_RESTRICTED": "1",
    "JAVIS_CREATE": "OQC,EUV",
    "JAVIS_CREATE_HORIZON_MINUTES": "15",
    "JAVIS_COMMENTS": "OQC:two_way",
    "JAVIS_DELETE": "OQC:archive,EUV:delete",
    "JAVIS_LINKS": "OQC:two_way",
    "JAVIS_WORKLOGS": "OQC:two_way",
    "JAVIS_SYNC_MINUTES": "120",
    "JAVIS_EXECUTOR": "in_process, multiprocess, celery or k8s",
    "LOG_LEVEL": "INFO",
    "JAVIS_KEEP_RUNS_DAYS": "30",
    "JAVIS_KEEP_JOURNAL_DAYS": "90",
    "JAVIS_KEEP_AUDIT_DAYS": "400",
    "JAVIS_KEEP_QUARANTINE_DAYS": "90",
    "JAVIS_KEEP_ADVICE_DAYS": "180",
    "JAVIS_HISTORY_WEEKS": "26",
    "JAVIS_DUE_SOON_DAYS": "3",
    "JAVIS_BLOCKS_MANY": "3",
    "JAVIS_IDLE_DAYS_MIN": "3",
    "JAVIS_IDLE_DAYS_MAX": "30",
    "JAVIS_IDLE_DAYS_DEFAULT": "10",
    "JAVIS_UNTOUCHED_DAYS": "7",
    "JAVIS_FORGOTTEN_DAYS": "90",
    "JAVIS_MAX_IN_PROGRESS": "5",
    "JAVIS_SCOPE_CREEP_PERCENT": "20",
    "JAVIS_SCOPE_CREEP_ITEMS": "2",
    "JAVIS_REOPENED_DAYS": "14",
    "JAVIS_PAGE_BEHIND_DAYS": "14",
    "JAVIS_HIGH_PRIORITIES": "Highest,High",
    "JAVIS_BLOCKS_LABELS": "blocks,has to be done before",
    "JAVIS_BLOCKED_BY_LABELS": "is blocked by,depends on",
}


def faults_of(error: ValidationError) -> Iterable[str]:
    """What is wrong with each variable, and the form that it should have; never its value."""
    faults: dict[str, str] = {}
    for fault in error.errors(include_input=False, include_url=False):
        variable = str(fault["loc"][0]).upper()
        reason = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else "has the wrong form"
        faults.setdefault(variable, f"{variable} {reason}; it should look like {variable}={EXAMPLES[variable]}")
    return faults.values()
