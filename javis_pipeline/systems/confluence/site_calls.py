"""The calls by which Confluence tells of itself: who we are there, what may be done, spaces and people."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Final, Unpack

from javis_pipeline.clients.auth import credentials
from javis_pipeline.clients.calls import Headers
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.logins import refuse_rejected_login
from javis_pipeline.clients.reading import answered
from javis_pipeline.clients.site import Options, SiteClient
from javis_pipeline.errors import (
    IdentityError,
    RemoteMissing,
    RemoteRefused,
    SettingError,
    UnreadableRecord,
)
from javis_pipeline.records.confluence import Space
from javis_pipeline.records.jira import Identity, User
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.manners import CONFLUENCE
from javis_pipeline.systems.confluence.paging import cursor_batches, listed

V2: Final = "/wiki/api/v2"
READ_POSTS: Final = frozenset({f"{V2}/users-bulk"})

BATCH: Final = 250

_ID: Final = re.compile(r"[1-9][0-9]*")
_SPACE_KEY: Final = re.compile(r"~?[A-Za-z0-9._-]+")


class SiteCalls(SiteClient):
    """The part of a client that knows the site: who we are there, spaces, people.

    Args:
        url: Base URL of the site, or of the gateway for scoped tokens (with its path); with or without `/wiki`.
        email: Address the token belongs to.
        token: API token.
        named: What a person should check when they are not accepted: the variables they were read from.
        options: How it talks.

    Attributes:
        rest: Path of v1.
        lists_newest_first: Whether a list of pages begins with those that were saved last.
        counts_refused_logins: Whether some of them lock the account.
        proved: The account, where it was asked for to find out which edition this is; it counts once.
    """

    rest: ClassVar[str] = "/wiki/rest/api"
    lists_newest_first: ClassVar[bool] = True
    counts_refused_logins: ClassVar[bool] = False

    def __init__(
        self,
        url: str,
        email: str | None,
        token: str,
        *,
        named: str = "CONFLUENCE_EMAIL and CONFLUENCE_TOKEN",
        **options: Unpack[Options],
    ) -> None:
        self._named = named
        self.proved: Identity | None = None
        auth, base_url = credentials(email, token), self.base_of(url)
        super().__init__(
            Transport("confluence", base_url, auth, READ_POSTS, CONFLUENCE, inspect=self._inspect, **options)
        )

    @staticmethod
    def base_of(url: str) -> str:
        """What the paths of the API are below."""
        return url.rstrip("/").removesuffix("/wiki")

    def _inspect(self, _path: str, _status: int, headers: Headers) -> None:
        refuse_rejected_login("confluence", headers, f"Check {self._named}; the token may have expired")

    # Who we are, and what there is

    def prove_identity(self) -> Identity:
        """The account behind the credentials, asked for anew; IdentityError when they are not accepted."""
        known, self.proved = self.proved, None
        if known is not None:
            return known
        advice = f"Check {self._named}"
        try:
            return self._identity(self._http.get(f"{self.rest}/user/current").body)
        except UnreadableRecord as error:  # an anonymous caller has no account id
            raise IdentityError(f"confluence answers as to an anonymous caller. {advice}") from error
        except RemoteMissing as error:
            raise SettingError(
                f"{self._http.base_url}: no Confluence found there; check CONFLUENCE_URL: "
                "a site of your own may have a path such as /confluence"
            ) from error
        except RemoteRefused as error:
            if error.status != 403:
                raise
            raise IdentityError(f"{error}. {advice}") from error

    def _identity(self, document: object) -> Identity:
        return wire.parse_identity(document)

    def server_time(self) -> datetime:
        """The site's clock: no earlier than it is, as the answer tells whole seconds."""
        told = self._http.get(f"{self.rest}/user/current").headers.get("Date", "")
        return answered("confluence time", lambda: parsedate_to_datetime(told).astimezone(UTC) + timedelta(seconds=1))

    def remarks(self) -> list[str]:
        """What a person should know of the site, each with the remedy."""
        return []

    def why_read_only(self) -> str | None:
        """Why the whole site takes no edits now; None while it does."""
        return None

    def spaces(self, keys: Sequence[str]) -> list[Space]:
        """The spaces with these keys, in that order.

        Raises:
            SettingError: One does not exist or is not visible; the message names the nearest that are.
        """
        for key in keys:
            if not _SPACE_KEY.fullmatch(key):
                raise SettingError(f"CONFLUENCE_SPACES: {key!r} is not a space key; it should look like OQC")
        found = {space.key: space for space in self._spaces(keys)} if keys else {}
        if missing := [key for key in keys if key not in found]:
            visible = [space.key for space in self._spaces()]
            near = [match for key in missing for match in difflib.get_close_matches(key, visible, n=3, cutoff=0.4)]
            hint = f"; the nearest it sees are {', '.join(dict.fromkeys(near))}" if near else ""
            raise SettingError(
                f"confluence space {', '.join(missing)} does not exist or the account may not see it "
                f"({len(visible)} visible){hint}"
            )
        return [found[key] for key in keys]

    def _spaces(self, keys: Sequence[str] = ()) -> Iterator[Space]:
        """The spaces with these keys that are visible, or all that are."""
        return self._listed_spaces({"keys": list(keys)} if keys else {})

    def _listed_spaces(self, params: dict[str, Any]) -> Iterator[Space]:
        batches = cursor_batches(self._http, f"{V2}/spaces", {**params, "limit": BATCH})
        return (wire.parse_space(document) for batch in batches for document in batch)

    def space_key(self, space_id: str) -> str | None:
        """The key of the space with this id; None when the account may not see it."""
        return next((space.key for space in self._listed_spaces({"ids": [checked_id(space_id)]})), None)

    def may_edit_pages(self, space_id: str) -> bool:
        """Whether the account may make and edit pages in the space; restrictions of single pages come on top."""
        answer = self._http.get(f"{V2}/spaces/{checked_id(space_id)}/operations").body
        return ("create", "page") in wire.parse_operations(answer)

    def users(self, account_ids: Iterable[str]) -> list[User]:
        """The people behind these account ids, as far as the account may see them."""
        ids = sorted(set(account_ids))
        users = []
        for start in range(0, len(ids), BATCH):
            answer = self._http.post(f"{V2}/users-bulk", {"accountIds": ids[start : start + BATCH]}).body
            users += [wire.parse_user(document) for document in listed(answer, "users-bulk")]
        return users


def checked_id(page_id: str) -> str:
    """The id; ValueError when it is none, so that nothing else gets into a path or a body."""
    if not _ID.fullmatch(page_id):
        raise ValueError(f"{page_id!r} is not an id of Confluence")
    return page_id
