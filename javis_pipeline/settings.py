"""Every environment variable of the product, typed and read once.

Values come from the environment first, then from `.env` in the working directory or in the home folder (or from the
file that `JAVIS_ENV_FILE` names; set it to /dev/null for none). A variable that is set but empty counts as unset. All
that is wrong is reported in one `SettingError`, which names each variable and the form it should have, and never shows
a value: a secret pasted into the wrong variable is still a secret.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.errors import SettingError
from javis_pipeline.home import default_home, project_root, settings_file
from javis_pipeline.records.policy import Policy
from javis_pipeline.records.retention import KeepDays
from javis_pipeline.records.sync import FieldPolicy
from javis_pipeline.records.values import ScopeRef, System, scopes_of
from javis_pipeline.settings_origin import Origin, find_origin

_SHORTEST_SECRET: Final = 16

Executor = Literal["in_process", "multiprocess", "celery", "k8s"]
# Which setting names what is synced of a system.
SCOPE_SETTINGS: Mapping[str, str] = {"jira": "JIRA_PROJECTS", "confluence": "CONFLUENCE_SPACES"}
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


@dataclass(frozen=True)
class Account:
    """Where a site is and as whom we go there.

    Attributes:
        url: Base URL without a trailing slash; for Confluence without `/wiki`.
        email: Address the API token belongs to; for a Jira of a company's own the name that signs in with a password;
            None where a token is enough by itself.
        token: API token, personal access token or password.
        named: The variables that address and token come from, as a person should be told to check them.
        user: Name that goes with the token as its password, on a site of the company's own; None for a personal token.
    """

    url: str
    email: str | None
    token: SecretStr
    named: str
    user: str | None = None


@dataclass(frozen=True)
class ClaudeAccount:
    """How to reach Claude.

    Attributes:
        api_key: API key.
        model: Model name.
        base_url: Base URL without a trailing slash.
    """

    api_key: SecretStr
    model: str
    base_url: str


@dataclass(frozen=True)
class SlackAccount:
    """How to reach Slack.

    Attributes:
        bot_token: Token of the bot user.
        base_url: Base URL of the Web API, with the trailing slash the SDK joins to.
        signing_secret: Proves that a request is Slack's; None when no requests are received.
        app_token: Opens Socket Mode, by which button presses come without a public address; None when it is not used.
        allowed_users: Ids of those who may decide by button; empty for every member of the channel.
    """

    bot_token: SecretStr
    base_url: str
    signing_secret: SecretStr | None
    app_token: SecretStr | None
    allowed_users: tuple[str, ...]


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
            raise ValueError("should look like OQC:two_way,EUV:two_way, or two_way for all projects")
        found["*" if not project.strip() or project.strip() == "*" else _project_key(project)] = None
    return tuple(found)


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
    pairs = [re.fullmatch(r"([a-z][a-z0-9_]*)\s*:\s*(\w+)", item) for item in _items(value)]
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
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
BaseUrl = Annotated[str, BeforeValidator(_base_url)]
PostgresUrl = Annotated[SecretStr, BeforeValidator(_postgres_url)]

# Which way a field can be told to go.
POLICIES: tuple[FieldPolicy, ...] = ("two_way", "remote_to_local", "local_to_remote", "none")

# What each variable should look like; shown in messages.
_EXAMPLES = {
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


class Settings(BaseSettings):
    """The settings of one process. Make it with `load_settings`, which explains what is wrong."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        env_file_encoding="utf-8",
        hide_input_in_errors=True,
        validate_default=False,
    )

    database_url: PostgresUrl | None = None
    dagster_postgres_url: PostgresUrl | None = None
    jira_url: BaseUrl | None = None
    jira_email: str | None = None
    jira_token: SecretStr | None = None
    jira_projects: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_projects)] = ()
    jira_fields: Annotated[Mapping[str, str], NoDecode, BeforeValidator(_fields)] = Field(default_factory=dict)
    jira_field_policy: Annotated[Mapping[str, FieldPolicy], NoDecode, BeforeValidator(_policies)] = Field(
        default_factory=dict
    )
    confluence_url: BaseUrl | None = None
    confluence_email: str | None = None
    confluence_token: SecretStr | None = None
    confluence_spaces: Annotated[tuple[ProjectSpace, ...], NoDecode, BeforeValidator(_spaces)] = ()
    confluence_field_policy: Annotated[Mapping[str, FieldPolicy], NoDecode, BeforeValidator(_policies)] = Field(
        default_factory=dict
    )
    anthropic_api_key: SecretStr | None = None
    anthropic_model: str = "claude-sonnet-5-5"
    anthropic_base_url: BaseUrl = "https://api.anthropic.com"
    slack_bot_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_allowed_users: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_slack_users)] = ()
    slack_people: Annotated[Mapping[str, str], NoDecode, BeforeValidator(_slack_people)] = Field(default_factory=dict)
    slack_default_channel: str | None = None
    slack_channels: Annotated[Mapping[str, str], NoDecode, BeforeValidator(_channels)] = Field(default_factory=dict)
    slack_base_url: BaseUrl = "https://slack.com/api"
    javis_webhook_secret: SecretStr | None = None
    javis_timezone: Annotated[ZoneInfo, BeforeValidator(_time_zone)] = ZoneInfo("UTC")
    javis_ui_url: BaseUrl | None = None
    javis_source_url: BaseUrl | None = None
    javis_owners: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_owners)] = ("team:javis",)
    javis_home: Path = Field(default_factory=default_home)
    dagster_home: Path | None = None
    javis_pg_bin: Path | None = None
    javis_autostart: bool = False
    # 0: there is no demo, or somebody else starts its stand-ins.
    javis_demo_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    javis_read_only: bool = False
    javis_read_restricted: bool = False
    # Projects in which rows that are inserted here become issues.
    javis_create: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_projects)] = ()
    # The longest time that a request may still be executed after it was sent.
    javis_create_horizon_minutes: Annotated[int, Field(ge=5, le=1_440)] = 15
    # Projects whose comments are written here too.
    javis_comments: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_two_way)] = ()
    # For each pull, write-back, census: what hangs must not hold a project for ever.
    javis_sync_minutes: Annotated[int, Field(ge=1, le=10_080)] = 120
    javis_executor: Executor = "in_process"
    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = "INFO"
    # How long history is kept; `KeepDays` says of what.
    javis_keep_runs_days: Days = KeepDays.runs
    javis_keep_journal_days: Days = KeepDays.journal
    javis_keep_audit_days: Days = KeepDays.audit
    javis_keep_quarantine_days: Days = KeepDays.quarantine
    javis_keep_advice_days: Days = KeepDays.advice
    # From where on the work context calls something a risk; `Thresholds` says what each means.
    javis_history_weeks: Annotated[int, Field(ge=6, le=104)] = Thresholds.weeks
    javis_due_soon_days: Count = Thresholds.due_soon_days
    javis_blocks_many: Count = Thresholds.blocks_many
    javis_idle_days_min: Count = Thresholds.idle_days_min
    javis_idle_days_max: Count = Thresholds.idle_days_max
    javis_idle_days_default: Count = Thresholds.idle_days_default
    javis_untouched_days: Count = Thresholds.untouched_days
    javis_forgotten_days: Count = Thresholds.forgotten_days
    javis_max_in_progress: Count = Thresholds.max_in_progress
    javis_scope_creep_percent: Count = Thresholds.scope_creep_percent
    javis_scope_creep_items: Count = Thresholds.scope_creep_items
    javis_reopened_days: Count = Thresholds.reopened_days
    javis_page_behind_days: Count = Thresholds.page_behind_days
    javis_high_priorities: Words = Thresholds.high_priorities
    javis_blocks_labels: Words = Thresholds.blocks_labels
    javis_blocked_by_labels: Words = Thresholds.blocked_by_labels

    @field_validator("javis_home", "dagster_home", "javis_pg_bin")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        # Dagster starts runs in other working directories; they must find the same files.
        return None if path is None else project_root() / path.expanduser()

    @property
    def dagster_folder(self) -> Path:
        """Dagster's home: DAGSTER_HOME, else `dagster/` in our own. Not the checkout: Dagster writes its logs there."""
        return self.dagster_home or self.javis_home / "dagster"

    @property
    def partitions(self) -> tuple[str, ...]:
        """Keys of everything that is synced: the Jira projects, then the names that only have Confluence spaces."""
        return tuple(dict.fromkeys((*self.jira_projects, *(pair.project for pair in self.confluence_spaces))))

    def spaces_of(self, project: str) -> tuple[str, ...]:
        """Keys of the Confluence spaces that come with `project`; empty when it has none."""
        return tuple(pair.space for pair in self.confluence_spaces if pair.project == project)

    def scopes_of(self, projects: Iterable[str]) -> list[ScopeRef]:
        """The projects, each with the Confluence spaces that come with it."""
        return [ref for project in projects for ref in scopes_of(project, self.spaces_of(project))]

    def scopes_in(self, system: System, project: str) -> list[str]:
        """The scopes of a project in a system; none when it has no side there."""
        return [ref.scope for ref, owner in self._owners() if (ref.system, owner) == (system, project)]

    def project_of(self, scope: ScopeRef) -> str | None:
        """Which project a scope comes with; None when it is not synced."""
        return dict(self._owners()).get(scope)

    def _owners(self) -> list[tuple[ScopeRef, str]]:
        """Every scope that is synced, and which project it comes with."""
        projects = [(ScopeRef("jira", project), project) for project in self.jira_projects]
        return projects + [(ScopeRef("confluence", pair.space), pair.project) for pair in self.confluence_spaces]

    def require_webhook_secret(self) -> str:
        """What senders of webhooks have to know; SettingError when there is none, or anybody could guess it."""
        secret = self.javis_webhook_secret.get_secret_value() if self.javis_webhook_secret else ""
        if len(secret) < _SHORTEST_SECRET:
            raise SettingError(
                f"JAVIS_WEBHOOK_SECRET is not set, or shorter than {_SHORTEST_SECRET} characters; make a random one "
                "and give the same to whoever sends webhooks: javis webhook setup says where"
            )
        return secret

    def policies(self) -> tuple[Policy, ...]:
        """What is switched off or on by settings, as rows of `sync_policies`."""
        read_only = Policy("*", "*", "send", "off", "JAVIS_READ_ONLY")
        restricted = Policy("*", "*", "read_restricted", "on", "JAVIS_READ_RESTRICTED")
        made = [Policy("jira", key, "create", "on", "JAVIS_CREATE") for key in self.javis_create]
        return (
            *([read_only] if self.javis_read_only else ()),
            *([restricted] if self.javis_read_restricted else ()),
            *made,
            *(Policy("jira", key, "comments", "on", "JAVIS_COMMENTS") for key in self.javis_comments),
        )

    def thresholds(self) -> Thresholds:
        """From where on the work context calls something a risk."""
        return Thresholds(
            weeks=self.javis_history_weeks,
            due_soon_days=self.javis_due_soon_days,
            blocks_many=self.javis_blocks_many,
            idle_days_min=self.javis_idle_days_min,
            idle_days_max=self.javis_idle_days_max,
            idle_days_default=self.javis_idle_days_default,
            untouched_days=self.javis_untouched_days,
            forgotten_days=self.javis_forgotten_days,
            max_in_progress=self.javis_max_in_progress,
            scope_creep_percent=self.javis_scope_creep_percent,
            scope_creep_items=self.javis_scope_creep_items,
            reopened_days=self.javis_reopened_days,
            page_behind_days=self.javis_page_behind_days,
            high_priorities=self.javis_high_priorities,
            blocks_labels=self.javis_blocks_labels,
            blocked_by_labels=self.javis_blocked_by_labels,
        )

    def keep_days(self) -> KeepDays:
        """How long history is kept."""
        return KeepDays(
            runs=self.javis_keep_runs_days,
            journal=self.javis_keep_journal_days,
            audit=self.javis_keep_audit_days,
            quarantine=self.javis_keep_quarantine_days,
            advice=self.javis_keep_advice_days,
        )

    def slack_channel(self, project: str) -> str | None:
        """Channel for posts about `project`: its own, else the default; None when neither is set."""
        return self.slack_channels.get(project, self.slack_default_channel)

    def require_slack_channel(self, project: str) -> str:
        """Channel for posts about `project`; SettingError when there is none."""
        channel = self.slack_channel(project)
        if channel is None:
            raise SettingError(f"no Slack channel is named for {project}; {_how_to_set('SLACK_DEFAULT_CHANNEL')}")
        return channel

    @property
    def confluence_site(self) -> str | None:
        """Base URL of Confluence without `/wiki`: its own, else that of the Jira site; None when neither is set."""
        url = self.confluence_url or (self.jira_url and _confluence_beside(self.jira_url))
        return url.removesuffix("/wiki") if url else None

    @property
    def confluence_pages(self) -> str | None:
        """URL below which pages are shown: `/wiki` on Cloud, all of its URL for a company's own site."""
        site, given = self.confluence_site, self.confluence_url
        is_cloud = given is None or given.endswith("/wiki") or _is_cloud(given)
        return f"{site}/wiki" if site and is_cloud else site

    def require_jira(self) -> Account:
        """The Jira account; SettingError names what is missing. Whether an address is needed, only the site can say."""
        url, token = _present(JIRA_URL=self.jira_url, JIRA_TOKEN=self.jira_token)
        return Account(url, self.jira_email, token, "JIRA_EMAIL and JIRA_TOKEN")

    def require_confluence(self) -> Account:
        """The Confluence account; what is not set is taken from Jira's. SettingError names what is missing."""
        given = self.confluence_url or self.confluence_site
        url, token = _present(CONFLUENCE_URL=given, CONFLUENCE_TOKEN=self.confluence_token or self.jira_token)
        # A token that is Confluence's own does not go with the name that signs in to Jira.
        user = self.confluence_email or (self.jira_email if self.confluence_token is None else None)
        email = self.confluence_email or self.jira_email
        return Account(url, email, token, self._confluence_credentials(), user)

    def _confluence_credentials(self) -> str:
        email = "JIRA_EMAIL" if self.confluence_email is None else "CONFLUENCE_EMAIL"
        token = "JIRA_TOKEN" if self.confluence_token is None else "CONFLUENCE_TOKEN"
        inherited = " and ".join(name for name in (email, token) if name.startswith("JIRA"))
        note = f" ({inherited} {'are' if ' and ' in inherited else 'is'} used for Confluence too)" if inherited else ""
        return f"{email} and {token}{note}"

    def require_projects(self) -> tuple[str, ...]:
        """The Jira projects to sync; SettingError when none is named."""
        if not self.jira_projects:
            raise SettingError(f"no Jira project is named; {_how_to_set('JIRA_PROJECTS')}")
        return self.jira_projects

    def require_spaces(self) -> tuple[ProjectSpace, ...]:
        """The Confluence spaces to sync; SettingError when none is named."""
        if not self.confluence_spaces:
            raise SettingError(f"no Confluence space is named; {_how_to_set('CONFLUENCE_SPACES')}")
        return self.confluence_spaces

    def require_sides(self, what: str) -> tuple[str, ...]:
        """The partitions that there is something to sync for; SettingError when accounts or scopes are not named.

        Args:
            what: Name of a system, or "all".
        """
        if what == "confluence":
            self.require_confluence()
            return tuple(dict.fromkeys(pair.project for pair in self.require_spaces()))
        if self.jira_projects or not self.confluence_spaces:
            self.require_jira()
            self.require_projects()
        return self.jira_projects if what == "jira" else self.partitions

    def require_slack(self) -> SlackAccount:
        """The Slack account; SettingError when there is no bot token."""
        (token,) = _present(SLACK_BOT_TOKEN=self.slack_bot_token)
        return SlackAccount(
            token, f"{self.slack_base_url}/", self.slack_signing_secret, self.slack_app_token, self.slack_allowed_users
        )

    def claude(self) -> ClaudeAccount | None:
        """The Claude account; None without an API key: then the rules make the suggestions."""
        if self.anthropic_api_key is None:
            return None
        return ClaudeAccount(self.anthropic_api_key, self.anthropic_model, self.anthropic_base_url)


def load_settings() -> Settings:
    """The settings from the environment and the settings file; one SettingError tells all that is wrong."""
    env_file = settings_file()
    try:
        return Settings(_env_file=env_file)  # type: ignore[call-arg]  # an argument that pydantic's plugin alone knows
    except ValidationError as error:
        # `from None`: the cause would print the inputs, which may be secrets.
        raise SettingError(*_faults(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{env_file} cannot be read ({type(error).__name__}); make it a readable UTF-8 file"
        ) from None


def settings_origin() -> Origin:
    """Where the settings come from, and what looks like one and is none."""
    return find_origin([name.upper() for name in Settings.model_fields])


def _faults(error: ValidationError) -> Iterable[str]:
    """What is wrong with each variable, and the form that it should have."""
    faults: dict[str, str] = {}
    for fault in error.errors(include_input=False, include_url=False):
        variable = str(fault["loc"][0]).upper()
        reason = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else "has the wrong form"
        faults.setdefault(variable, f"{variable} {reason}; it should look like {variable}={_EXAMPLES[variable]}")
    return faults.values()


def _how_to_set(*variables: str) -> str:
    forms = " ".join(f"{variable}={_EXAMPLES[variable]}" for variable in variables)
    origin = settings_origin()
    typos = [f"{key} is no setting: did you mean {name}?" for name in variables if (key := origin.meant(name))]
    return ". ".join([f"set {forms} in the environment or in {_shown(origin.file)}", *typos])


def _shown(file: Path) -> str:
    """A settings file as a message names it."""
    return ".env" if file == Path.cwd() / ".env" or file == Path(os.devnull) else str(file)


def _present(**values: Any) -> tuple[Any, ...]:
    """The values in order; SettingError names the variables whose value is None."""
    missing = [name for name, value in values.items() if value is None]
    if missing:
        names = " and ".join([*filter(None, [", ".join(missing[:-1])]), missing[-1]])
        raise SettingError(f"{names} {'is' if len(missing) == 1 else 'are'} not set; {_how_to_set(*missing)}")
    return tuple(values.values())


def _is_cloud(url: str) -> bool:
    """Whether links to a site are those of Cloud; what it really is, the site itself is asked."""
    host = urlsplit(url).hostname or ""
    return host.endswith((".atlassian.net", ".jira.com")) or host == "api.atlassian.com"


def _confluence_beside(jira_url: str) -> str:
    """The Confluence of the same site; a scoped token's gateway names the product in its path."""
    return jira_url.replace("//api.atlassian.com/ex/jira/", "//api.atlassian.com/ex/confluence/")
