"""From an HTTP request to a call of the site and back: who asks, what was sent, how refusals look."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any, Protocol

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from javis_pipeline.sandbox.credentials import basic_login
from javis_pipeline.sandbox.ground import Ground
from javis_pipeline.sandbox.jira.limits import Verdict
from javis_pipeline.sandbox.jira.site import JiraSite
from javis_pipeline.sandbox.people import Person

Json = dict[str, Any]

NO_ISSUE = "Issue does not exist or you do not have permission to see it."
NOT_LOGGED_IN = "Client must be authenticated to access this resource."


class RefusedError(Exception):
    """The request is refused with a status, `errorMessages` and `errors` by field."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> None:
        super().__init__(f"{status} {messages} {errors}")
        self.status = status
        self.body = body or {"errorMessages": list(messages), "errors": dict(errors or {})}
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class Call:
    """One request.

    Args:
        caller: The account it is made with; None when it is anonymous.
        path: Values of the path's parameters.
        query: Query parameters.
        body: The JSON object that was sent; empty when there was none.
    """

    caller: Person | None
    path: dict[str, str]
    query: QueryParams
    body: Json

    @property
    def person(self) -> Person:
        """The caller; an anonymous one is refused."""
        if self.caller is None:
            raise RefusedError(401, NOT_LOGGED_IN)
        return self.caller

    def number(self, name: str, default: int, *, most: int | None = None, least: int = 0) -> int:
        """An integer parameter of query or body; cut to `most`, refused below `least`."""
        value = self.body.get(name, self.query.get(name, default))
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise RefusedError(400, f"The parameter '{name}' must be a number, not '{value}'.") from None
        if number < least:
            raise RefusedError(400, f"The value for parameter '{name}' must be at least {least}.")
        return number if most is None else min(number, most)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A yes or no of the query."""
        value = self.query.get(name)
        return default if value is None else value.lower() == "true"

    def words(self, name: str) -> list[str]:
        """A list in query (comma-separated) or body; there it must be an array, except `expand`, which may be text."""
        value = self.body.get(name, self.query.get(name, ""))
        if isinstance(value, list):
            return [str(word) for word in value]
        if name in self.body and not (name == "expand" and isinstance(value, str)):
            raise RefusedError(400, f"The field '{name}' must be an array.")
        return [word.strip() for word in str(value).split(",") if word.strip()]

    def only(self, *allowed: str) -> None:
        """Refuses a body with members that are not among `allowed`."""
        unknown = sorted(set(self.body) - set(allowed))
        if unknown:
            raise RefusedError(400, f'Unrecognized field "{unknown[0]}", not marked as ignorable.')


Handler = Callable[[Call], object]


class PageError(Exception):
    """The answer is a web page, or nothing but a redirect: something in front of Jira says it."""

    def __init__(self, status: int, page: bytes, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.page = page
        self.headers = dict(headers or {})


class Door(Protocol):
    """Who comes in, and how fast."""

    def identify(self, request: Request, headers: dict[str, str]) -> Person | None:
        """The account behind a request; None for nobody. What the answer should say of it goes into the headers."""

    def admit(self, method: str, path: str, request: Request, *, writes: bool) -> dict[str, str]:
        """Headers about the limits, of a request that passes them; refused otherwise."""


def route(
    site: JiraSite, path: str, method: str, handler: Handler, *, writes: bool = False, door: Door | None = None
) -> Route:
    """A route that answers with what the handler returns.

    Bytes are sent as they are; a tuple is (status, value); None is 204; anything else is 200 with the value as JSON.

    Args:
        site: The site that is asked.
        path: Path template; an issue is `{issue}` in it.
        method: HTTP method.
        handler: Called inside the lock.
        writes: Whether it counts as a write to the issue in the path.
        door: Who comes in; that of Cloud when it is None.
    """
    endpoint = _endpoint(site, path, method, handler, writes=writes, door=door or CloudDoor(site))
    return Route(path, endpoint, methods=[method])


def _endpoint(
    site: JiraSite, path: str, method: str, handler: Handler, *, writes: bool, door: Door
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        content = await request.body()
        headers: dict[str, str] = {}
        try:
            with site.ground.lock:
                caller = door.identify(request, headers)
                headers |= door.admit(method, path, request, writes=writes)
                call = Call(caller, dict(request.path_params), request.query_params, _json(request, content))
                return _response(handler(call), headers)
        except RefusedError as refused:
            body = orjson.dumps(refused.body)
            return _json_response(body, refused.status, headers | refused.headers)
        except PageError as page:
            return Response(page.page, page.status, headers | page.headers, media_type="text/html;charset=UTF-8")

    return endpoint


@dataclass(frozen=True)
class CloudDoor:
    """E-mail and API token, and the burst limits of Jira Cloud."""

    site: JiraSite

    def identify(self, request: Request, headers: dict[str, str]) -> Person | None:
        """The account behind a request."""
        header, site = request.headers.get("authorization"), self.site
        if header is None:
            return None
        if header.lower().startswith("bearer "):
            raise RefusedError(403, body={"error": "Failed to parse Connect Session Auth Token"})
        login = basic_login(header)
        if login is not None and login.token == site.ground.credentials.api_token:
            person = site.ground.people.signing_in(login.email)
            headers["X-AAccountId"] = person.account_id
            return person
        headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
        if site.behaviour.bad_login == "refused":
            raise RefusedError(401, NOT_LOGGED_IN)
        return None

    def admit(self, method: str, path: str, request: Request, *, writes: bool) -> dict[str, str]:
        """Headers about the limits."""
        return _limit_headers(_within_limits(self.site, method, path, request, writes=writes))


def _within_limits(site: JiraSite, method: str, path: str, request: Request, *, writes: bool) -> Verdict | None:
    if not site.behaviour.limits:
        return None
    verdict = site.limits.request(method, path.replace("{issue}", "{id}"))
    issue = site.find(request.path_params["issue"]) if writes and "issue" in request.path_params else None
    if verdict.retry_after is None and issue is not None:
        verdict = site.limits.write(str(issue.id))
    if verdict.retry_after is not None:
        raise RefusedError(429, "Rate limit exceeded.", headers=_refusal_headers(site.ground, verdict))
    return verdict


def _refusal_headers(ground: Ground, verdict: Verdict) -> dict[str, str]:
    reset = ground.clock.now() + timedelta(seconds=verdict.retry_after or 0)
    return {
        "Retry-After": str(verdict.retry_after),
        "RateLimit-Reason": str(verdict.reason),
        "X-RateLimit-Limit": str(verdict.limit),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": f"{reset.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


def _limit_headers(verdict: Verdict | None) -> dict[str, str]:
    if verdict is None:
        return {}
    near = {"X-RateLimit-NearLimit": "true"} if verdict.remaining < verdict.limit * 0.2 else {}
    return {"X-RateLimit-Limit": str(verdict.limit), "X-RateLimit-Remaining": str(verdict.remaining)} | near


def _json(request: Request, content: bytes) -> Json:
    if not content or request.method == "GET":
        return {}
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, body={"message": "HTTP 415 Unsupported Media Type", "status-code": 415})
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise RefusedError(400, "There was an error parsing JSON. Check that your request body is valid.") from None
    return body if isinstance(body, dict) else {"": body}


def _response(result: object, headers: dict[str, str]) -> Response:
    match result:
        case None:
            return Response(status_code=204, headers=headers)
        case bytes():
            return _json_response(result, 200, headers)
        case (int() as status, value):
            if value is None:
                return Response(status_code=status, headers=headers)
            return _json_response(orjson.dumps(value), status, headers)
    return _json_response(orjson.dumps(result), 200, headers)


def _json_response(body: bytes, status: int, headers: dict[str, str]) -> Response:
    return Response(body, status, headers | {"content-type": "application/json;charset=UTF-8"})
