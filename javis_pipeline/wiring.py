"""Settings to database connections and clients. What is not configured is None or a `SettingError`, never a dummy."""

from javis_pipeline.clients.jira.client import JiraClient
from javis_pipeline.db.connection import Database
from javis_pipeline.settings import Settings


def open_database(settings: Settings) -> Database:
    """The product's database, migrated; the embedded server is started when `DATABASE_URL` is not set."""
    return Database.open(settings)


def jira_client(settings: Settings) -> JiraClient:
    """A client for the configured Jira site; SettingError names what is not set."""
    account = settings.require_jira()
    return JiraClient(account.url, account.email, account.token.get_secret_value())
