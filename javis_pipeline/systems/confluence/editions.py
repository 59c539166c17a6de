"""Whether a Confluence is Atlassian's or a company's own: it is asked, whatever its host is called."""

from contextlib import suppress
from typing import NamedTuple, Unpack

from javis_pipeline.clients.auth import CLOUD_TOKENS, Anonymous
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.site import Options
from javis_pipeline.errors import IdentityError, RemoteMissing, RemoteRefused, SettingError
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.steps.site_facts import NOTHING_KEPT, Facts
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.data_center import DataCenterClient
from javis_pipeline.systems.confluence.release import Release


class Login(NamedTuple):
    """As whom we go there.

    Attributes:
        email: Address that an API token of Cloud belongs to.
        user: Name to sign in with on a site of the company's own; None for a personal access token.
        secret: The token, or the password.
        named: The variables that it comes from.
    """

    email: str | None
    user: str | None
    secret: str
    named: str


def connect(url: str, login: Login, *, facts: Facts = NOTHING_KEPT, **options: Unpack[Options]) -> ConfluenceClient:
    """A client for the edition that is found at this URL, or was lately.

    Raises:
        SettingError: It is too old, or cannot be talked to.
        RemoteBusy: It does not answer now.
    """
    ours = DataCenterClient(url, login.user, login.secret, named=login.named, **options)
    cloud = ConfluenceClient(url, login.email, login.secret, named=login.named, **options)

    def ask() -> JsonObject:
        if _may_be_cloud(url, **options) and _is_cloud(cloud, ours):
            return {"is_cloud": True}
        release = ours.find_release()
        return {"is_cloud": False, "version": release.version if release else None}

    told = facts.of("edition", ask)
    if not told["is_cloud"]:
        cloud.close()
        ours.release = Release.read(told["version"])
        if login.secret.startswith(CLOUD_TOKENS):
            with suppress(IdentityError):  # SettingError where there is no Confluence at all
                ours.prove_identity()
            raise SettingError(
                f"{url} is a company's own Confluence, and this is an API token of Atlassian Cloud: make a personal "
                f"access token in your profile there. Check {login.named}"
            )
        return ours
    ours.close()
    if login.email is None:
        raise SettingError(f"{url} is Confluence Cloud, where a token needs its address: set CONFLUENCE_EMAIL")
    return cloud


def _may_be_cloud(url: str, **options: Unpack[Options]) -> bool:
    """Whether the paths of Cloud are there, or something in front of the site tells strangers nothing.

    Nobody's login is sent: a site of the company's own would count it as a failed one, and lock the account.
    """
    if _greets_strangers_as_ours(url, **options):
        return False
    with Transport("confluence", ConfluenceClient.base_of(url), Anonymous(), **options) as http:
        try:
            http.get(f"{ConfluenceClient.rest}/user/current")
        except (RemoteMissing, SettingError):
            return False
        except (IdentityError, RemoteRefused):
            pass
    return True


def _greets_strangers_as_ours(url: str, **options: Unpack[Options]) -> bool:
    """Whether it says to nobody in particular that he is nobody, where only a site of the company's own has such a
    path."""
    if DataCenterClient.base_of(url) != ConfluenceClient.base_of(url):
        return False
    with Transport("confluence", DataCenterClient.base_of(url), Anonymous(), **options) as http:
        try:
            answer = http.get(f"{DataCenterClient.rest}/user/current").body
        except (IdentityError, RemoteRefused, SettingError):
            return False
    return isinstance(answer, dict) and answer.get("type") == "anonymous"


def _is_cloud(cloud: ConfluenceClient, ours: DataCenterClient) -> bool:
    """Whether that is Cloud. A refused login says nothing: both editions refuse."""
    try:
        cloud.proved = cloud.prove_identity()
    except IdentityError:
        return not ours.is_there()
    except (RemoteMissing, SettingError):
        return False
    return True
