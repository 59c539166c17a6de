"""Every environment variable of the product, typed and read once.

Values come from the environment first, then from `.env` in the working directory or in the home folder (or from the
file that `JAVIS_ENV_FILE` names; set it to /dev/null for none). A variable that is set but empty counts as unset. All
that is wrong is reported in one `SettingError`, which names each variable and the form it should have, and never shows
a value: a secret pasted into the wrong variable is still a secret.
"""

import logging
import os
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.errors import SettingError
from javis_pipeline.home import default_home, project_root, settings_file
from javis_pipeline.records.accounts import Account, ClaudeAccount, SlackAccount, confluence_beside, looks_like_cloud
from javis_pipeline.records.policy import Policy, Way
from javis_pipeline.records.retention import KeepDays
from javis_pipeline.records.values import ScopeRef, System, scopes_of
from javis_pipeline.setting_types import (
    EXAMPLES,
    BaseUrl,
    Channels,
    Count,
    Days,
    Executor,
    FieldPolicies,
    Level,
    Owners,
    PostgresUrl,
    Projects,
    ProjectSpace,
    ProjectWays,
    RoleFields,
    SlackMembers,
    SlackPeople,
    Spaces,
    TimeZone,
    TwoWayProjects,
    Words,
    faults_of,
)
from javis_pipeline.settings_origin import Origin, find_origin, unreadable_lines

log = logging.getLogger(__name__)
# It speaks of lines that it cannot read as well, but names neither file nor form.
logging.getLogger("dotenv.main").setLevel(logging.ERROR)

_SHORTEST_SECRET: Final = 16

# Which setting names what is synced of a system.
SCOPE_SETTINGS: Mapping[str, str] = {"jira": "JIRA_PROJECTS", "confluence": "CONFLUENCE_SPACES"}


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
    jira_projects: Projects = ()
    jira_fields: RoleFields = Field(default_factory=dict)
    jira_field_policy: FieldPolicies = Field(default_factory=dict)
    confluence_url: BaseUrl | None = None
    confluence_email: str | None = None
    confluence_token: SecretStr | None = None
    confluence_spaces: Spaces = ()
    confluence_field_policy: FieldPolicies = Field(default_factory=dict)
    anthropic_api_key: SecretStr | None = None
    anthropic_model: str = "claude-sonnet-5-5"
    anthropic_base_url: BaseUrl = "https://api.anthropic.com"
    slack_bot_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_allowed_users: SlackMembers = ()
    slack_people: SlackPeople = Field(default_factory=dict)
    slack_default_channel: str | None = None
    slack_channels: Channels = Field(default_factory=dict)
    slack_base_url: BaseUrl = "https://slack.com/api"
    javis_webhook_secret: SecretStr | None = None
    javis_timezone: TimeZone = ZoneInfo("UTC")
    javis_ui_url: BaseUrl | None = None
    javis_source_url: BaseUrl | None = None
    javis_owners: Owners = ("team:javis",)
    javis_home: Path = Field(default_factory=default_home)
    dagster_home: Path | None = None
    javis_pg_bin: Path | None = None
    javis_autostart: bool = False
    # 0: there is no demo, or somebody else starts its stand-ins.
    javis_demo_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    javis_read_only: bool = False
    javis_read_restricted: bool = False
    # Projects in which rows that are inserted here become issues, and pages in their spaces.
    javis_create: Projects = ()
    # The longest time that a request may still be executed after it was sent.
    javis_create_horizon_minutes: Annotated[int, Field(ge=5, le=1_440)] = 15
    # Projects whose comments are written here too.
    javis_comments: TwoWayProjects = ()
    # The same of links between issues, and of work that is logged.
    javis_links: TwoWayProjects = ()
    javis_worklogs: TwoWayProjects = ()
    # What becomes there of issues and pages whose rows are deleted here, by project.
    javis_delete: ProjectWays = Field(default_factory=dict)
    # For each pull, write-back, census: what hangs must not hold a project for ever.
    javis_sync_minutes: Annotated[int, Field(ge=1, le=10_080)] = 120
    javis_executor: Executor = "in_process"
    log_level: Level = "INFO"
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

    def spaces_with(self, projects: Collection[str]) -> tuple[str, ...]:
        """Keys of the spaces that come with these projects; "*" for all."""
        spaces = tuple(pair.space for pair in self.confluence_spaces if pair.project in projects)
        return ("*",) if "*" in projects else spaces

    def ways_out(self, system: System) -> Mapping[str, Way]:
        """Scope to what becomes there of records whose rows are deleted here."""
        return {
            ref.scope: self.javis_delete[project]
            for ref, project in self._owners()
            if ref.system == system and project in self.javis_delete
        }

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
        spaces = self.spaces_with
        read_only = Policy("*", "*", "send", "off", "JAVIS_READ_ONLY")
        restricted = Policy("*", "*", "read_restricted", "on", "JAVIS_READ_RESTRICTED")
        made = [Policy("jira", key, "create", "on", "JAVIS_CREATE") for key in self.javis_create]
        made += [Policy("confluence", key, "create", "on", "JAVIS_CREATE") for key in spaces(self.javis_create)]
        put_away = [
            Policy(ref.system, ref.scope, "delete", self.javis_delete[project], "JAVIS_DELETE")
            for ref, project in self._owners()
            if project in self.javis_delete
        ]
        return (
            *([read_only] if self.javis_read_only else ()),
            *([restricted] if self.javis_read_restricted else ()),
            *made,
            *put_away,
            *(Policy("jira", key, "comments", "on", "JAVIS_COMMENTS") for key in self.javis_comments),
            *(Policy("confluence", key, "comments", "on", "JAVIS_COMMENTS") for key in spaces(self.javis_comments)),
            *(Policy("jira", key, "links", "on", "JAVIS_LINKS") for key in self.javis_links),
            *(Policy("jira", key, "worklogs", "on", "JAVIS_WORKLOGS") for key in self.javis_worklogs),
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
        url = self.confluence_url or (self.jira_url and confluence_beside(self.jira_url))
        return url.removesuffix("/wiki") if url else None

    @property
    def confluence_pages(self) -> str | None:
        """URL below which pages are shown: `/wiki` on Cloud, all of its URL for a company's own site."""
        site, given = self.confluence_site, self.confluence_url
        is_cloud = given is None or given.endswith("/wiki") or looks_like_cloud(given)
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
        email = "JIRA_EMAIL" if self.confluence_email is None and self.jira_email else "CONFLUENCE_EMAIL"
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


def load_settings(*, warn: bool = True) -> Settings:
    """The settings from the environment and the settings file; one SettingError tells all that is wrong.

    Args:
        warn: Log which lines of the file are not read, once; whoever tells that otherwise does not want it.
    """
    env_file = settings_file()
    try:
        if warn:
            _warn_of_unread(env_file)
        return Settings(_env_file=env_file)  # type: ignore[call-arg]  # an argument that pydantic's plugin alone knows
    except ValidationError as error:
        # `from None`: the cause would print the inputs, which may be secrets.
        raise SettingError(*faults_of(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{env_file} cannot be read ({type(error).__name__}); make it a readable UTF-8 file"
        ) from None


@cache
def _warn_of_unread(env_file: Path) -> None:
    for line in unreadable_lines(env_file):
        log.warning("line %d of %s is not NAME=value, so it is not read", line, env_file)


def settings_origin() -> Origin:
    """Where the settings come from, and what looks like one and is none."""
    return find_origin([name.upper() for name in Settings.model_fields])


def _how_to_set(*variables: str) -> str:
    forms = " ".join(f"{variable}={EXAMPLES[variable]}" for variable in variables)
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
