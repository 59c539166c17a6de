"""Settings to database connections and clients. What is not configured is None or a `SettingError`, never a dummy."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from itertools import product
from typing import Final
from uuid import uuid4

from javis_pipeline.clients.calls import Limits
from javis_pipeline.clients.http import PACE
from javis_pipeline.clients.pacing import Pace
from javis_pipeline.clients.slack.client import SlackClient
from javis_pipeline.clients.webhooks import Delivery, Keep
from javis_pipeline.db.connection import Database
from javis_pipeline.db.policies import store_policies
from javis_pipeline.db.site_facts import SiteFacts
from javis_pipeline.errors import JavisError, UsageError, WronglyDeclared
from javis_pipeline.posts.blocks import Sites
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.create import Made
from javis_pipeline.records.hints import Told
from javis_pipeline.records.tables import Tables
from javis_pipeline.records.values import ResourceType, ScopeRef, System
from javis_pipeline.settings import Settings
from javis_pipeline.steps.build_context import ContextScope
from javis_pipeline.steps.doctor import Check
from javis_pipeline.steps.hints import store_hints
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.live_scope import LiveScope
from javis_pipeline.steps.notify import Outlet
from javis_pipeline.steps.people import called_people
from javis_pipeline.steps.site_facts import FRESH, NOTHING_KEPT, Facts
from javis_pipeline.steps.suggest import ClaudeClient
from javis_pipeline.steps.system import RemoteSystem
from javis_pipeline.sync.fields import Kind, kinds_by_name
from javis_pipeline.sync.run import Run
from javis_pipeline.systems.confluence import editions
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.doctor import check_confluence
from javis_pipeline.systems.confluence.kind import CONFLUENCE_COMMENT, CONFLUENCE_PAGE
from javis_pipeline.systems.confluence.site_calls import checked_id
from javis_pipeline.systems.confluence.system import ConfluenceSystem
from javis_pipeline.systems.confluence.webhook import told_pages
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.doctor import check_jira
from javis_pipeline.systems.jira.editions import connect, system_of
from javis_pipeline.systems.jira.kind import JIRA_COMMENT, JIRA_ISSUE, JIRA_LINK, JIRA_WORKLOG, issue_here
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline.systems.jira.webhook import told_issues

clock = partial(datetime.now, UTC)

KINDS: Final[Mapping[ResourceType, Kind]] = kinds_by_name(
    JIRA_ISSUE, CONFLUENCE_PAGE, JIRA_COMMENT, JIRA_WORKLOG, JIRA_LINK, CONFLUENCE_COMMENT
)
"""For the edges, which choose one; decisions are told theirs by the run."""

TABLES: Final[Tables] = {name: kind.table for name, kind in KINDS.items()}
"""Where they are kept, for the database."""

# Kinds that are otherwise from site to site, by what the last sync noted of the site.
_HERE: Final[Mapping[ResourceType, Callable[[Catalog], Kind]]] = {"jira_issue": issue_here}


def check_systems(kinds: Mapping[ResourceType, Kind], settings: Container[str]) -> None:
    """WronglyDeclared unless there is a setting with the address of each system that a kind is of."""
    for kind in kinds.values():
        if f"{kind.system}_url" not in settings:
            raise WronglyDeclared(
                f"kind {kind.resource_type} is of system {kind.system}, of which no setting is known: "
                f"{kind.system.upper()}_URL says where it is"
            )


check_systems(KINDS, Settings.model_fields)


def open_database(settings: Settings) -> Database:
    """The product's database, migrated; the embedded server is started when `DATABASE_URL` is not set."""
    return Database.open(settings, TABLES)


def apply_policies(database: Database, settings: Settings) -> None:
    """Let the switches in the database be those of the settings; needs the rights of the sync."""
    with database.transaction() as conn:
        store_policies(conn, settings.policies())


def jira_client(
    settings: Settings,
    *,
    read_only: bool = False,
    facts: Facts = NOTHING_KEPT,
    limits: Limits | None = None,
    pace: Pace | None = None,
) -> JiraClient:
    """A client for the configured Jira site, of whichever edition that is, which refuses to write where
    `JAVIS_READ_ONLY` is set; SettingError names what is not set."""
    account = settings.require_jira()
    refuses = read_only or settings.javis_read_only
    token = account.token.get_secret_value()
    return connect(
        account.url, account.email, token, facts=facts, read_only=refuses, limits=limits or _limits(settings), pace=pace
    )


def confluence_client(
    settings: Settings,
    *,
    read_only: bool = False,
    facts: Facts = NOTHING_KEPT,
    limits: Limits | None = None,
    pace: Pace | None = None,
) -> ConfluenceClient:
    """A client for the configured Confluence site, as for Jira; SettingError names what is not set."""
    account = settings.require_confluence()
    login = editions.Login(account.email, account.user, account.token.get_secret_value(), account.named)
    refuses = read_only or settings.javis_read_only
    limits = limits or _limits(settings)
    return editions.connect(account.url, login, facts=facts, read_only=refuses, limits=limits, pace=pace)


def _limits(settings: Settings) -> Limits:
    """Clients are made for one step of a run: its end is theirs."""
    return Limits(run_seconds=settings.javis_sync_minutes * 60)


# Whoever waits for a scope has it when the request under way is over; what does not go at once is tried again.
_LIVE_LIMITS: Final = Limits(connect_seconds=5, read_seconds=20, call_seconds=30, tries=2, wait_seconds=5)


def _site_facts(db: Database | None, system: System, settings: Settings, *, anew: bool) -> Facts:
    """What is kept of a site in a database; nothing of another one, or of what another account was told."""
    if db is None:
        return NOTHING_KEPT
    account = settings.require_jira() if system == "jira" else settings.require_confluence()
    whose = [version("javis_pipeline"), account.url, account.email, getattr(account, "user", None)]
    secret = sha256(account.token.get_secret_value().encode()).hexdigest()
    # So little of the secret helps nobody to guess it, and tells a new one all the same.
    asked_as = f"{sha256(repr(whose).encode()).hexdigest()[:32]}-{secret[:3]}"
    return SiteFacts(db, system, asked_as, fresh=timedelta(0) if anew else FRESH)


def find_record(settings: Settings, system: System, key: str) -> Made:
    """The record that a system has under a key now; RemoteMissing when it has none, or does not show it."""
    return _FOUND[system](settings, key)


def _find_page(settings: Settings, key: str) -> Made:
    own_id = _own_id(key)
    with closing(confluence_client(settings, read_only=True)) as client:
        look = client.comment if "#" in key else client.get_page
        look(checked_id(own_id))
        return Made(remote_id=own_id, key=key)


def _find_issue(settings: Settings, key: str) -> Made:
    issue, _, written = key.partition("#")
    with closing(jira_client(settings, read_only=True)) as client:
        if written:
            look = client.worklog if written.startswith("worklog-") else client.comment
            look(issue, _own_id(key))
            return Made(remote_id=_own_id(key), key=key)
        document = client.get_issue(key, fields=["summary"])
        return Made(remote_id=str(document["id"]), key=str(document["key"]))


def _own_id(key: str) -> str:
    """Of what hangs on a record, the id at the end of its key: OQC-12#10234, OQC-12#worklog-10234."""
    own_id = key.partition("#")[2].rpartition("-")[2] if "#" in key else key
    if "#" in key and not own_id.isdecimal():
        raise UsageError(f"{key} ends in no id; it should look like OQC-12#10234")
    return own_id


_FOUND: Final[Mapping[System, Callable[[Settings, str], Made]]] = {"jira": _find_issue, "confluence": _find_page}


@contextmanager
def jira_system(
    settings: Settings,
    db: Database | None = None,
    *,
    read_only: bool = False,
    anew: bool = False,
    limits: Limits | None = None,
    pace: Pace | None = None,
) -> Iterator[JiraSystem]:
    """The configured Jira site for the sync, with the choices of the settings.

    Args:
        settings: Where it is.
        db: Keeps what the site told; None to ask for all of it.
        read_only: Refuse to write.
        anew: Ask for all of it all the same.
        limits: Bounds of its calls; None for those of a run.
        pace: Shared with others who ask the site; None for one of its own.
    """
    facts = _site_facts(db, "jira", settings, anew=anew)
    with closing(jira_client(settings, read_only=read_only, facts=facts, limits=limits, pace=pace)) as client:
        system = system_of(client, settings.jira_projects, settings.jira_fields, facts, settings.jira_field_policy)
        horizon = timedelta(minutes=settings.javis_create_horizon_minutes)
        written = {
            "comments": settings.javis_comments,
            "worklogs": settings.javis_worklogs,
            "links": settings.javis_links,
        }
        ways_out = settings.ways_out("jira")
        yield replace(system, creating=settings.javis_create, written=written, horizon=horizon, ways_out=ways_out)


@contextmanager
def confluence_system(
    settings: Settings,
    db: Database | None = None,
    *,
    read_only: bool = False,
    anew: bool = False,
    limits: Limits | None = None,
    pace: Pace | None = None,
) -> Iterator[ConfluenceSystem]:
    """The configured Confluence site for the sync, as for Jira."""
    facts = _site_facts(db, "confluence", settings, anew=anew)
    spaces = [pair.space for pair in settings.confluence_spaces]
    with closing(confluence_client(settings, read_only=read_only, facts=facts, limits=limits, pace=pace)) as client:
        yield ConfluenceSystem(
            client,
            spaces,
            settings.jira_projects,
            facts,
            settings.confluence_field_policy,
            creating=settings.spaces_with(settings.javis_create),
            talking=settings.spaces_with(settings.javis_comments),
            horizon=timedelta(minutes=settings.javis_create_horizon_minutes),
            ways_out=settings.ways_out("confluence"),
        )


_SYSTEMS: Final[Mapping[System, Callable[..., AbstractContextManager[RemoteSystem]]]] = {
    "jira": jira_system,
    "confluence": confluence_system,
}


def open_system(
    name: System, settings: Settings, db: Database | None = None, *, read_only: bool = False, anew: bool = False
) -> AbstractContextManager[RemoteSystem]:
    """A configured site for the sync, by the name of its system; the rest as for `jira_system`."""
    return _SYSTEMS[name](settings, db, read_only=read_only, anew=anew)


@contextmanager
def read_only_jobs(
    db: Database, settings: Settings, keys: Iterable[str], *, run_id: str, systems: Iterable[System] = tuple(_SYSTEMS)
) -> Iterator[list[Job]]:
    """Each of these projects and each of its spaces, with clients that refuse to change anything."""
    with ExitStack() as clients:
        opened: dict[System, RemoteSystem] = {}
        jobs: list[Job] = []
        for project, system in product(keys, systems):
            for scope in settings.scopes_in(system, project):
                if system not in opened:
                    opened[system] = clients.enter_context(open_system(system, settings, read_only=True))
                jobs.append(Job(db=db, system=opened[system], key=scope, run_id=run_id, clock=clock))
        yield jobs


def site_checks(settings: Settings, *, now: datetime) -> Iterator[Check]:
    """What the doctor says of the sites."""
    yield from _jira_checks(settings, now)
    yield from _confluence_checks(settings)


def _jira_checks(settings: Settings, now: datetime) -> Iterator[Check]:
    if settings.jira_url is None:
        yield Check("jira", "skipped", "JIRA_URL is not set", "set JIRA_URL, JIRA_EMAIL and JIRA_TOKEN in .env")
        return
    try:
        projects, client = settings.require_projects(), jira_client(settings)
    except JavisError as error:
        yield Check("jira", "failed", str(error))
        return
    with closing(client):
        yield from check_jira(client, projects, settings.jira_fields, now=now)


def _confluence_checks(settings: Settings) -> Iterator[Check]:
    spaces = [pair.space for pair in settings.confluence_spaces]
    if not spaces:
        yield Check("confluence", "skipped", "CONFLUENCE_SPACES is not set: no pages are synced")
        return
    try:
        client = confluence_client(settings)
    except JavisError as error:
        yield Check("confluence", "failed", str(error))
        return
    with closing(client):
        yield from check_confluence(client, spaces)


def live_scopes(db: Database, settings: Settings, *, check: Callable[[], None]) -> list[LiveScope]:
    """All that is synced, to be kept in step; `check` is called before each request, and what it raises ends a turn.

    However many are worked on at once, each site is asked at one pace.
    """
    paces = {system: Pace(PACE) for system in _SYSTEMS}
    return [
        LiveScope(
            scope=scope,
            db=db,
            open_system=lambda system: _SYSTEMS[system](settings, db, limits=_LIVE_LIMITS, pace=paces[system]),
            clock=clock,
            check=check,
        )
        for scope in settings.scopes_of(settings.partitions)
        if settings.project_of(scope) is not None
    ]


def webhook_keepers(db: Database, settings: Settings) -> Mapping[str, Keep]:
    """What is done with what a webhook tells, by its system; nothing of what is not synced is kept."""
    scopes = {
        ScopeRef(system, key)
        for project, system in product(settings.partitions, _TOLD)
        for key in settings.scopes_in(system, project)
    }

    def keeper(system: System) -> Keep:
        def keep(deliveries: Sequence[Delivery]) -> int:
            told = [told._replace(delivery=one.name) for one in deliveries for told in _TOLD[system](one.document)]
            return store_hints(db, system, told, scopes)

        return keep

    return {system: keeper(system) for system in _TOLD}


_TOLD: Final[Mapping[System, Callable[[object], Sequence[Told]]]] = {"jira": told_issues, "confluence": told_pages}


def claude_client(settings: Settings) -> ClaudeClient | None:
    """A client for Claude; None without an API key: then the rules make the suggestions."""
    account = settings.claude()
    if account is None:
        return None
    return ClaudeClient(account.api_key.get_secret_value(), model=account.model, base_url=account.base_url)


def slack_client(settings: Settings) -> SlackClient:
    """A client for the configured Slack workspace; SettingError when there is no bot token."""
    account = settings.require_slack()
    return SlackClient(account.bot_token.get_secret_value(), base_url=account.base_url)


def slack_outlet(settings: Settings, project: str, channel: str | None = None) -> Outlet:
    """Where and how a project is told; SettingError when it has no channel and none is given.

    People whom `SLACK_PEOPLE` names by their e-mail are called only where `calling` has looked them up.
    """
    by_account = {person: member for person, member in settings.slack_people.items() if "@" not in person}
    return Outlet(
        project,
        channel or settings.require_slack_channel(project),
        settings.spaces_of(project),
        settings.javis_timezone,
        Sites(settings.jira_url, settings.confluence_pages, settings.javis_ui_url, by_account),
    )


def calling(settings: Settings, outlet: Outlet) -> Outlet:
    """The outlet with all of `SLACK_PEOPLE`; Jira is asked only where an e-mail stands for somebody."""
    if settings.jira_url is None or not any("@" in person for person in settings.slack_people):
        return outlet
    with closing(jira_client(settings, read_only=True)) as jira:
        people = called_people(settings.slack_people, jira.account_of)
    return replace(outlet, sites=replace(outlet.sites, people=people))


def context_scope(settings: Settings, project: str) -> ContextScope:
    """What the work context of a project is about, and how it is judged."""
    return ContextScope(project, settings.spaces_of(project), settings.javis_timezone, settings.thresholds())


def local_run(resource_type: ResourceType, catalog: Catalog) -> Run:
    """A run that only changes our side: a resolution or an undo. Nothing is sent, so it needs no account."""
    kind = _HERE[resource_type](catalog) if resource_type in _HERE else KINDS[resource_type]
    return Run(run_id=str(uuid4()), now=clock, new_id=uuid4, account_id="", kind=kind, catalog=catalog)
