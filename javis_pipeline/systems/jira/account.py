"""Who we are at a Jira site, and that every answer is meant for that account.

Without this proof an empty answer means nothing: Jira may answer a dead token as it answers anonymous callers, with 200
and empty lists.
"""

from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

from javis_pipeline.clients.http import Headers, Transport
from javis_pipeline.clients.logins import refuse_rejected_login
from javis_pipeline.errors import IdentityError, RemoteRefused
from javis_pipeline.records.jira import Identity
from javis_pipeline.systems.jira import wire


class Proof(NamedTuple):
    """How an edition of Jira tells who we are.

    Attributes:
        header: What in an answer names the account it was given to.
        read: Document of `myself` to the account; its `name` is what the header holds.
        remedy: What a person should check when Jira does not accept the credentials.
    """

    header: str
    read: Callable[[object], Identity]
    remedy: str


CLOUD_PROOF: Final = Proof(
    "X-AAccountId",
    wire.parse_identity,
    "Check JIRA_EMAIL, and whether JIRA_TOKEN is an API token of that account that has not expired",
)


class Account:
    """The account that a client proved to be.

    Args:
        api: Path of the version of the REST API that is spoken.
        proof: How the site tells who we are.

    Attributes:
        proved: The account; None before the first proof.
    """

    def __init__(self, api: str, proof: Proof) -> None:
        self._api = api
        self._proof = proof
        self.proved: Identity | None = None
        self._answers_name_it = False

    def prove(self, http: Transport) -> Identity:
        """Ask who we are; from now on every answer has to be for that account.

        Raises:
            IdentityError: The credentials are not accepted.
        """
        self.proved, self._answers_name_it = None, False
        try:
            answer = http.get(f"{self._api}/myself")
        except (IdentityError, RemoteRefused) as error:
            if isinstance(error, RemoteRefused) and error.status != 403:
                raise
            raise IdentityError(f"{error}. {self._proof.remedy}") from error
        named = self._named(answer.headers)
        identity = self._proof.read(answer.body)
        if named is not None and named != identity.name:
            raise IdentityError(f"jira answers as {named} and says that we are {identity.name}. {self._proof.remedy}")
        self.proved, self._answers_name_it = identity, named is not None
        return identity

    def inspect(self, path: str, status: int, headers: Headers) -> None:
        """Refuse an answer that was not given to the account we proved to be."""
        refuse_rejected_login("jira", headers, self._proof.remedy)
        if self.proved is None or not path.startswith(self._api):
            return
        named = self._named(headers)
        if named is None and not self._answers_name_it:
            return  # something on the way strips the header; it did so for the proof as well
        # Errors may come from in front of Jira, where nobody is named; a success or a 404 counts only with the name.
        if named != self.proved.name and (named is not None or status < 400 or status == 404):
            raise IdentityError(
                f"jira answered as {named or 'to an anonymous caller'}, not as {self.proved.name} as before. "
                f"{self._proof.remedy}"
            )

    def _named(self, headers: Headers) -> str | None:
        value = headers.get(self._proof.header)
        return unquote(value) if value else None
