"""Where the services are, and as whom we go there. Secrets do not show when one of these is printed."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr


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


def looks_like_cloud(url: str) -> bool:
    """Whether links to a site are those of Cloud; what it really is, the site itself is asked."""
    host = urlsplit(url).hostname or ""
    return host.endswith((".atlassian.net", ".jira.com")) or host == "api.atlassian.com"


def confluence_beside(jira_url: str) -> str:
    """The Confluence of the same site; a scoped token's gateway names the product in its path."""
    return jira_url.replace("//api.atlassian.com/ex/jira/", "//api.atlassian.com/ex/confluence/")
