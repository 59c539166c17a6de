"""Who comes in at a self-hosted Jira, and how fast; and what stands in front of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.requests import Request

from javis_pipeline.sandbox.credentials import basic_login
from javis_pipeline.sandbox.jira.calls import NOT_LOGGED_IN, PageError, RefusedError
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.jira.site import JiraSite
from javis_pipeline.sandbox.people import Person

LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Log in - Jira</title></head><body><form id='login-form'></body></html>"
XSRF_PAGE = b"<html><head><title>XSRF check failed</title></head><body>XSRF check failed</body></html>"
BUSY_PAGE = b"<html><head><title>503</title></head><body>Jira is being reindexed or upgraded.</body></html>"
MOVED = {"Location": "/login.jsp?permissionViolation=true&os_destination=%2F"}
FOR_EVER = "9223372036854775807"

# Tokens at most, and tokens a second.
GENEROUS = (2000.0, 400.0)
TIGHT = (70.0, 25.0)


@dataclass
class Bucket:
    """Requests of one account."""

    tokens: float
    at: float


@dataclass
class DataCenterDoor:
    """Personal access tokens or passwords, proof by X-AUSERNAME, and a token bucket for each account on each node."""

    site: JiraSite
    clock: Callable[[], float] = time.monotonic
    buckets: dict[tuple[str, int], Bucket] = field(default_factory=dict)

    def identify(self, request: Request, headers: dict[str, str]) -> Person | None:
        """The account behind a request."""
        traps = self.site.behaviour.traps
        if Trap.MAINTENANCE in traps or (Trap.REINDEX in traps and request.url.path.endswith("/search")):
            raise PageError(503, BUSY_PAGE)
        if request.headers.get("user-agent", "").startswith("Mozilla") and request.method != "GET":
            raise PageError(403, XSRF_PAGE)
        person = self._person(request.headers.get("authorization"))
        name = "anonymous" if person is None else self.site.directory.name(person.account_id)
        headers["X-AUSERNAME"] = quote(name, safe="")
        return person

    def _person(self, header: str | None) -> Person | None:
        if header is None:
            if Trap.CLOSED in self.site.behaviour.traps:
                raise RefusedError(401, body={"message": NOT_LOGGED_IN, "status-code": 401})
            return None
        secrets, directory = self.site.ground.credentials, self.site.directory
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "bearer":
            owner = secrets.owner_of(value.strip())
            return directory.signing_in(owner) if owner else self._turned_away()
        if Trap.BASIC_OFF in self.site.behaviour.traps:
            raise RefusedError(401, body={"message": "Basic Authentication has been disabled on this instance."})
        login = basic_login(header)
        # Any password that is a secret of this sandbox.
        if login and (login.token == secrets.api_token or secrets.owner_of(login.token)):
            return directory.signing_in(login.email.partition("@")[0])
        return self._turned_away()

    def _turned_away(self) -> Person | None:
        traps = self.site.behaviour.traps
        if Trap.LOGIN_PAGE in traps:
            raise PageError(200, LOGIN_PAGE)
        if Trap.REDIRECT in traps:
            raise PageError(302, b"", MOVED)
        if self.site.behaviour.bad_login == "refused":
            raise RefusedError(401, body={"message": NOT_LOGGED_IN, "status-code": 401})
        return None

    def admit(self, method: str, path: str, request: Request, *, writes: bool) -> dict[str, str]:
        """Headers about the limits; on good answers too."""
        del method, writes
        behaviour = self.site.behaviour
        if path.endswith(("/serverInfo", "/status")):
            return {}
        if Trap.BLOCKED in behaviour.traps:
            headers = {"X-RateLimit-Limit": "0", "X-RateLimit-Remaining": "0", "X-RateLimit-FillRate": "0"}
            raise RefusedError(
                429, body={"message": "Rate limit exceeded."}, headers=headers | {"Retry-After": FOR_EVER}
            )
        if not behaviour.limits and Trap.TIGHT_BUCKET not in behaviour.traps:
            return {}
        most, fill = TIGHT if Trap.TIGHT_BUCKET in behaviour.traps else GENEROUS
        return self._take(request.headers.get("authorization", ""), most, fill)

    def _take(self, who: str, most: float, fill: float) -> dict[str, str]:
        now = self.clock()
        node = int(Trap.TWO_NODES in self.site.behaviour.traps and self.site.chance.random() < 0.5)
        bucket = self.buckets.setdefault((who, node), Bucket(most, now))
        bucket.tokens = min(most, bucket.tokens + (now - bucket.at) * fill)
        bucket.at = now
        is_empty = bucket.tokens < 1
        if not is_empty:
            bucket.tokens -= 1
        headers = {
            "X-RateLimit-Limit": f"{most:.0f}",
            "X-RateLimit-Remaining": f"{int(bucket.tokens)}",
            "X-RateLimit-FillRate": f"{fill:.0f}",
            "X-RateLimit-Interval-Seconds": "1",
            "Retry-After": "1" if is_empty else "0",
        }
        if is_empty:
            raise RefusedError(429, body={"message": "Rate limit exceeded."}, headers=headers)
        return headers
