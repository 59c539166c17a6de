"""What Jira is at an address: Atlassian's, or one that a company runs itself; it says so itself, whatever its name."""

from contextlib import closing
from datetime import datetime
from typing import Final, Literal, NamedTuple, Self, Unpack

from javis_pipeline.clients.auth import CLOUD_TOKENS, Anonymous, BasicAuth, BearerAuth, credentials
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.reading import answered, as_instant, as_list, as_number, as_object, as_text
from javis_pipeline.clients.site import Options
from javis_pipeline.errors import IdentityError, RemoteMissing, RemoteRefused, SettingError
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.systems.jira.manners import JIRA

# Version 3 answers 401 on Data Center, whoever asks; both have this one.
SERVER_INFO: Final = "/rest/api/2/serverInfo"
OLDEST: Final = (8, 14)  # the first with personal access tokens
OLDEST_TRIED: Final = (9, 12)


class Edition(NamedTuple):
    """What `serverInfo` says of a site.

    Attributes:
        name: Which of the two it is.
        version: As people write it; of Cloud it says nothing.
        numbers: The version as numbers; empty where it is not known.
        server_time: The site's clock.
    """

    name: Literal["cloud", "data-center"]
    version: str
    numbers: tuple[int, ...]
    server_time: datetime

    def as_facts(self) -> JsonObject:
        """As JSON, which `of_facts` reads."""
        return {**self._asdict(), "server_time": self.server_time.isoformat()}

    @classmethod
    def of_facts(cls, told: JsonObject) -> Self:
        """What `as_facts` has made JSON of."""
        return cls(
            **{**told, "numbers": tuple(told["numbers"]), "server_time": datetime.fromisoformat(told["server_time"])}
        )

    @property
    def remark(self) -> str | None:
        """What a person should know of the version; None when there is nothing."""
        if self.name == "cloud" or not self.numbers or self.numbers >= OLDEST_TRIED:
            return None
        return f"Jira {self.version} is older than {_shown(OLDEST_TRIED)}, the oldest that is looked after: upgrade it"


def find_edition(url: str, email: str | None, token: str, **options: Unpack[Options]) -> Edition:
    """What Jira is at this address; asked anonymously, and with the credentials only where nobody else is answered.

    Raises:
        SettingError: There is no Jira, it is too old, or the credentials are of another sort than it takes.
        RemoteBusy: It does not answer now.
    """
    edition = _asked(url, Anonymous(), options) or _asked(url, credentials(email, token), options)
    if edition is None:
        raise IdentityError(
            f"jira: {url} does not even say what it is, to nobody and not to this account either: a login page, a "
            "proxy, or a token that is not valid there. Check JIRA_URL and JIRA_TOKEN"
        )
    if edition.name == "cloud":
        if email is None:
            raise SettingError(
                f"{url} is Atlassian Cloud, where a token works only with the address of its account: set JIRA_EMAIL"
            )
        return edition
    if edition.numbers and edition.numbers < OLDEST:
        raise SettingError(
            f"{url}: Jira {edition.version} is too old; {_shown(OLDEST)} is the first that can be synced: upgrade it"
        )
    if token.startswith(CLOUD_TOKENS):
        raise SettingError(
            f"{url} is Jira {edition.version} of a company's own, and JIRA_TOKEN is an API token of Atlassian Cloud: "
            "make a personal access token in your profile there, set JIRA_TOKEN to it, and leave JIRA_EMAIL empty"
        )
    return edition


def _asked(url: str, auth: Anonymous | BasicAuth | BearerAuth, options: Options) -> Edition | None:
    """What the site says of itself; None when it does not talk to this caller."""
    with closing(Transport("jira", url, auth, manners=JIRA, **options)) as http:
        try:
            return _read(http.get(SERVER_INFO).body)
        except RemoteMissing:
            raise SettingError(
                f"{url}: there is no Jira at this address (nothing is found at {SERVER_INFO}). A Jira that a company "
                "runs itself is often below a path: JIRA_URL=https://jira.acme.com/jira"
            ) from None
        except (IdentityError, RemoteRefused, SettingError):
            if isinstance(auth, Anonymous):
                return None
            raise


def _read(document: object) -> Edition:
    def read() -> Edition:
        info = as_object(document, "serverInfo")
        numbers = as_list(info.get("versionNumbers") or [], "versionNumbers")
        is_cloud = info.get("deploymentType") == "Cloud"
        return Edition(
            "cloud" if is_cloud else "data-center",
            as_text(info.get("version"), "version"),
            tuple([as_number(one, "versionNumbers") for one in numbers]),
            as_instant(info.get("serverTime"), "serverTime"),
        )

    return answered("jira serverInfo", read)


def _shown(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
