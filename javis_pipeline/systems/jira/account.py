"""Who we are at a Jira site, and that every answer is meant for that account.

Without this proof an empty answer means nothing: Jira may answer a dead token as it answers anonymous callers, with 200
and empty lists.
"""

from contextlib import suppress
from urllib.parse import unquote

from javis_pipeline.clients.http import Headers, Transport
from javis_pipeline.clients.logins import refuse_rejected_login
from javis_pipeline.errors import IdentityError, RemoteMissing, RemoteRefused, SettingError
from javis_pipeline.records.jira import Identity
from javis_pipeline.systems.jira import wire


class Account:
    """The account that a client proved to be.

    Args:
        api: Path of the version of the REST API that is spoken.
        edition: What the site has to say that it is.

    Attributes:
        proved: The account; None before the first proof.
    """

    def __init__(self, api: str, edition: str) -> None:
        self._api = api
        self._edition = edition
        self.proved: Identity | None = None
        self._answers_name_it = False

    def prove(self, http: Transport) -> Identity:
        """Ask who we are; from now on every answer has to be for that account.

        Raises:
            IdentityError: The credentials are not accepted.
            SettingError: The site is not Jira Cloud.
        """
        self.proved, self._answers_name_it = None, False
        try:
            answer = http.get(f"{self._api}/myself")
        except RemoteMissing:
            self._check_edition(http)
            raise
        except RemoteRefused as error:
            if error.status != 403:
                raise
            raise IdentityError(
                f"{error}. Check the e-mail, and whether the token is an API token of that account"
            ) from error
        identity = wire.parse_identity(answer.body)
        self._check_edition(http)
        named = _named_account(answer.headers)
        if named is not None and named != identity.account_id:
            raise IdentityError(f"jira answers as {named} and says that we are {identity.account_id}")
        self.proved, self._answers_name_it = identity, named is not None
        return identity

    def inspect(self, path: str, status: int, headers: Headers) -> None:
        """Refuse an answer that was not given to the account we proved to be."""
        refuse_rejected_login("jira", headers, "Check JIRA_EMAIL and whether JIRA_TOKEN has expired")
        if self.proved is None or not path.startswith(self._api):
            return
        named = _named_account(headers)
        if named is None and not self._answers_name_it:
            return  # something on the way strips the header; it did so for the proof as well
        # Errors may come from in front of Jira, where nobody is named; a success or a 404 counts only with the name.
        if named != self.proved.account_id and (named is not None or status < 400 or status == 404):
            raise IdentityError(
                f"jira answered as {named or 'to an anonymous caller'}, not as {self.proved.account_id} as before. "
                "Check whether JIRA_TOKEN has expired or was replaced"
            )

    def _check_edition(self, http: Transport) -> None:
        kind = "not found there"
        for version in (3, 2):  # Data Center has no v3, and says what it is in v2
            with suppress(RemoteMissing):
                kind = wire.parse_deployment(http.get(f"/rest/api/{version}/serverInfo").body)
                break
        if kind != self._edition:
            raise SettingError(
                f"{http.base_url}: Jira is {kind}; only Jira Cloud is supported. "
                "Set JIRA_URL to a Cloud site such as https://acme.atlassian.net"
            )


def _named_account(headers: Headers) -> str | None:
    value = headers.get("X-AAccountId")
    return unquote(value) if value else None
