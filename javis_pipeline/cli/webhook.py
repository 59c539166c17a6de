"""`javis webhook`: be told of changes in Jira and Confluence, instead of waiting for the next look."""

from contextlib import closing
from typing import TYPE_CHECKING

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say
from javis_pipeline.errors import JavisError

if TYPE_CHECKING:
    from javis_pipeline.settings import Settings

_JIRA = """\
In Jira: System > WebHooks > Create a WebHook
  URL      {url}/hooks/jira
  Secret   the value of JAVIS_WEBHOOK_SECRET
  JQL      {query}
  Events   issue, comment, worklog and issue link: created, updated, deleted
Without an administrator: an automation rule of the project, when an issue is created or updated, "Send web request"
  URL      {url}/hooks/jira
  Header   X-Javis-Secret, hidden, with the value of JAVIS_WEBHOOK_SECRET
  Body     {{"id": "{{{{issue.id}}}}", "key": "{{{{issue.key}}}}"}}"""
_CONFLUENCE = """\
In Confluence: an automation rule of the space, when a page is published or edited, "Send web request"
  URL      {url}/hooks/confluence
  Header   X-Javis-Secret, hidden, with the value of JAVIS_WEBHOOK_SECRET
  Body     {{"page": "{{{{page.id}}}}", "space": "{{{{space.key}}}}"}}"""


@click.group(cls=Group)
def command() -> None:
    """Be told of changes there, instead of waiting for the next sync.

    A webhook says which issue or page may have changed; the sync that it starts reads it by id. What is lost on the way
    comes with the schedule.
    """


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8770, show_default=True, type=click.IntRange(0, 65535), help="TCP port.")
def serve(host: str, port: int) -> None:
    """Take webhooks at /hooks/jira and /hooks/confluence until Ctrl-C.

    At an address that a proxy makes public with TLS. Who does not know JAVIS_WEBHOOK_SECRET is refused. Each webhook of
    a synced project starts a sync of it within seconds, where Dagster runs with the sensor `remote_changes`.
    """
    from javis_pipeline.cli.parts import require_free_port
    from javis_pipeline.clients.listener import make_listener
    from javis_pipeline.clients.webhooks import webhook_app
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database, webhook_keepers

    settings = load_settings()
    secret = settings.require_webhook_secret()
    require_free_port(port, "--port")
    with closing(open_database(settings)) as db:
        app = webhook_app(secret, webhook_keepers(db, settings))
        say(f"Listening to webhooks on http://{host}:{port}/hooks/. Ctrl-C ends it.", err=True)
        make_listener(app, host, port).run()


@command.command()
@click.argument("url", metavar="PUBLIC_URL")
def setup(url: str) -> None:
    """Have Jira send its changes to PUBLIC_URL, where the account may; else say what to click.

    PUBLIC_URL is where the proxy before `javis webhook serve` is reached.
    """
    from javis_pipeline.settings import load_settings

    settings = load_settings()
    url, secret = url.rstrip("/"), settings.require_webhook_secret()
    query = f"project in ({', '.join(settings.require_projects())})"
    if settings.jira_url is not None and not _made(settings, url, secret, query):
        say(_JIRA.format(url=url, query=query))
    if settings.confluence_spaces:
        say(_CONFLUENCE.format(url=url))


def _made(settings: "Settings", url: str, secret: str, query: str) -> bool:
    """Whether Jira sends its changes there now; says so, or why not."""
    from javis_pipeline.wiring import jira_client

    with closing(jira_client(settings)) as jira:
        try:
            is_new = jira.send_changes_to(f"{url}/hooks/jira", secret=secret, query=query)
        except JavisError as error:
            say(f"Jira did not take it: {error}", err=True)
            return False
    say("Jira sends its changes there now." if is_new else "Jira sends its changes there already.")
    return True
