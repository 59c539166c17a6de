"""Settings to database connections and clients. What is not configured is None or a `SettingError`, never a dummy."""

from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from javis_pipeline.clients.jira.client import JiraClient
from javis_pipeline.db.connection import Database
from javis_pipeline.records.sync import Catalog
from javis_pipeline.settings import Settings
from javis_pipeline.steps.build_context import ContextScope
from javis_pipeline.steps.suggest import ClaudeClient
from javis_pipeline.sync.run import Run


def open_database(settings: Settings) -> Database:
    """The product's database, migrated; the embedded server is started when `DATABASE_URL` is not set."""
    return Database.open(settings)


def jira_client(settings: Settings, *, read_only: bool = False) -> JiraClient:
    """A client for the configured Jira site; SettingError names what is not set."""
    account = settings.require_jira()
    return JiraClient(account.url, account.email, account.token.get_secret_value(), read_only=read_only)


def claude_client(settings: Settings) -> ClaudeClient | None:
    """A client for Claude; None without an API key: then the rules make the suggestions."""
    account = settings.claude()
    if account is None:
        return None
    return ClaudeClient(account.api_key.get_secret_value(), model=account.model, base_url=account.base_url)


def context_scope(settings: Settings, project: str) -> ContextScope:
    """What the work context of a project is about, and how it is judged."""
    return ContextScope(project, settings.spaces_of(project), settings.javis_timezone, settings.thresholds())


def local_run(catalog: Catalog) -> Run:
    """A run that only changes our side: a resolution or an undo. Nothing is sent, so it needs no account."""
    return Run(run_id=str(uuid4()), now=partial(datetime.now, UTC), new_id=uuid4, account_id="", catalog=catalog)
