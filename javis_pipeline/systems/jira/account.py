"""Who we are at a Jira site, and that every answer is meant for that account.

Without this proof an empty answer means nothing: Jira may answer a dead token as it answers anonymous callers, with 200
and empty lists.
"""

import threading
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

from javis_pipeline.clients.calls import Headers
from javis_pipeline.clients.http import Transport
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
        self._proving, self._noting = threading.Lock(), threading.Lock()
        self._unproved: set[tuple[str | None, int]] = set()
        self._is_doubted = False

    def prove(self, http: Transport) -> Identity:
        """Ask who we are; from now on every answer has to be for that account, and so had those that came before.

        Where every answer names it, each is a proof of its own, and one question is enough.

        Raises:
            IdentityError: The credentials are not accepted.
        """
        with self._proving:
            if self.proved is None or self._is_doubted or not self._answers_name_it:
                self._believe(*self._ask(http))
            assert self.proved is not None, "an account is proved, or an error is raised"
            return self.proved

    def _ask(self, http: Transport) -> tuple[Identity, bool]:
        """The account, and whether answers name it."""
        try:
            answer = http.get(f"{self._api}/myself")
        except (IdentityError, RemoteRefused) as error:
            if isinstance(error, RemoteRefused) and error.status != 403:
                raise
            if self._proof.remedy in str(error):
                raise
            raise IdentityError(f"{error}. {self._proof.remedy}") from error
        named = self._named(answer.headers)
        identity = self._proof.read(answer.body)
        if named is not None and named != identity.name:
            raise IdentityError(f"jira answers as {named} and says that we are {identity.name}. {self._proof.remedy}")
        return identity, named is not None

    def _believe(self, identity: Identity, answers_name_it: bool) -> None:
        with self._noting:
            self.proved, self._answers_name_it = identity, answers_name_it
            before, self._unproved, self._is_doubted = self._unproved, set(), False
        for named, status in before:
            self._check(identity, named, status)

    def inspect(self, path: str, status: int, headers: Headers) -> None:
        """Refuse an answer that was not given to the account we proved to be."""
        refuse_rejected_login("jira", headers, self._proof.remedy)
        if not path.startswith(self._api):
            return
        named = self._named(headers)
        with self._noting:
            proved = self.proved
            if proved is None:
                self._unproved.add((named, status))
        if proved is not None:
            self._check(proved, named, status)

    def _check(self, proved: Identity, named: str | None, status: int) -> None:
        if named is None and not self._answers_name_it:
            return  # something on the way strips the header; it did so for the proof as well
        # Errors may come from in front of Jira, where nobody is named; a success or a 404 counts only with the name.
        if named != proved.name and (named is not None or status < 400 or status == 404):
            self._is_doubted = True
            raise IdentityError(
                f"jira answered as {named or 'to an anonymous caller'}, not as {proved.name} as before. "
                f"{self._proof.remedy}",
                may_be_done=status < 400,
            )

    def _named(self, headers: Headers) -> str | None:
        value = headers.get(self._proof.header)
        return unquote(value) if value else None
