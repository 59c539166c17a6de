"""How Slack's SDK talks HTTP here: no redirects, an end to every call, and nothing sent twice by chance.

The SDK's own handlers would repeat a message whose answer was lost, and so post it twice.
"""

import logging
import math
import random
import re
import threading
import time
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPException
from typing import Any, Final, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryHandler, RetryState
from slack_sdk.web.file_upload_v2_result import FileUploadV2Result

from javis_pipeline.errors import (
    IdentityError,
    JavisError,
    OutcomeUnknown,
    RemoteBusy,
    RemoteError,
    RemoteRefused,
    UnusableReply,
)

Result = TypeVar("Result")

TRIES: Final = 4
REQUEST_SECONDS: Final = 20.0
_REPLY_BYTES: Final = 16 * 1024 * 1024

# What these leave behind would be there twice if they were repeated.
_ONCE: Final = frozenset({"chat.postMessage", "chat.postEphemeral", "files.completeUploadExternal"})
_TOKEN_ERRORS: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type"}
    | {"no_permission", "team_access_not_granted"}
)
# Slack says of these that a part may have been done.
_INTERNAL_ERRORS: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_REMEDIES: Final = {
    "channel_not_found": "there is no such channel, or it is private and the app is not in it; check "
    "SLACK_DEFAULT_CHANNEL and SLACK_CHANNELS, and invite the app there",
    "not_in_channel": "the app is not in the channel; write /invite and the app's name there",
    "is_archived": "the channel is archived; name another in SLACK_DEFAULT_CHANNEL or SLACK_CHANNELS",
    "missing_scope": "the app lacks a permission; add it under OAuth & Permissions and install the app again",
    "restricted_action": "the workspace does not let the app post there; ask an administrator of the workspace",
    "ekm_access_denied": "the workspace's key management forbids it; ask an administrator of the workspace",
}


class NotOk(RemoteRefused):
    """Slack answered `ok: false`. `code` is its word for why."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message, status=200)
        self.code = code


class BoundedWebClient(WebClient):
    """The SDK's client with a deadline for each call, the calls of `files_upload_v2` together being one.

    Args:
        token: Token of the bot.
        base_url: Of the Web API, with a slash at the end.
        deadline: How long one call takes at most, waits and repeats included.
        sleep: Waits so many seconds.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        token: str,
        base_url: str,
        *,
        deadline: timedelta,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(token=token, base_url=base_url, retry_handlers=[_Repeats(self)], logger=quiet_logger())
        self.deadline = deadline.total_seconds()
        self.sleep = sleep
        self._clock = clock
        self._call = threading.local()

    def __repr__(self) -> str:
        return f"BoundedWebClient({self.base_url})"

    def call(self, method: str, make: Callable[[], Any], *, about: str = "") -> dict[str, Any]:
        """What Slack answers to `make()`, which is one of the SDK's methods; raises as `explained`."""
        answer: dict[str, Any] = self.explained(method, make, about=about).data
        return answer

    def explained(self, method: str, make: Callable[[], Result], *, about: str = "") -> Result:
        """What `make()` returns, within the deadline.

        Args:
            method: Name of the Web API's method, for messages and to know whether it may be repeated.
            make: Makes the call through the SDK.
            about: What it is about, such as a channel, for messages.

        Raises:
            IdentityError: The token is refused.
            NotOk: Slack refuses the request, and always will.
            RemoteBusy: Not executed, or safe to repeat; try later.
            OutcomeUnknown: Executed or not; look before trying again.
            UnusableReply: The answer is not Slack's.
        """
        self._call.ends_at = self._clock() + self.deadline
        try:
            return make()
        except SlackApiError as error:
            reply = error.response
            failure = _explained(method, about, reply.status_code, reply.data, dict(reply.headers))
        except (SlackClientError, OSError, HTTPException, ValueError) as error:
            failure = _broken(method, about, error)
        finally:
            self._call.ends_at = None
        # Outside the handler: the SDK's errors hold what was sent and received.
        raise failure

    def seconds_left(self) -> float:
        """Until the call that this thread makes has to be over. The SDK's own calls, for Socket Mode, have no end."""
        ends_at = getattr(self._call, "ends_at", None)
        return math.inf if ends_at is None else ends_at - self._clock()

    def _perform_urllib_http_request_internal(
        self,
        url: str,  # noqa: ARG002 - the SDK's signature; it is in the request as well
        req: urllib.request.Request,
    ) -> dict[str, Any]:
        """One request; the SDK's own follows redirects, with the token."""
        with self._open(req) as reply:
            body = reply.read(_REPLY_BYTES + 1)
            if len(body) > _REPLY_BYTES:
                raise ValueError("the answer is too long")
            return {"status": reply.status, "headers": reply.headers, "body": body.decode("utf-8")}

    def _upload_file(self, *, url: str, data: bytes, **_: object) -> FileUploadV2Result:
        """The bytes of a file, to the address that Slack gave for them."""
        if urlsplit(url).scheme != "https" and urlsplit(url).netloc != urlsplit(self.base_url).netloc:
            raise ValueError("the address for an upload is not https")
        with self._open(urllib.request.Request(url, data, method="POST")) as reply:  # noqa: S310 - checked above
            return FileUploadV2Result(status=reply.status, body=reply.read(_REPLY_BYTES).decode("utf-8", "replace"))

    def _open(self, request: urllib.request.Request) -> Any:
        seconds = min(REQUEST_SECONDS, max(self.seconds_left(), 0.1))
        opener = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=self.ssl))
        return opener.open(request, timeout=seconds)


def quiet_logger() -> logging.Logger:
    """A logger that keeps the SDK's words to itself: they hold texts of messages; our errors say what happened."""
    logger = logging.getLogger("javis_pipeline.slack_sdk")
    logger.setLevel(logging.CRITICAL)
    return logger


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: the token goes nowhere else."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class _Repeats(RetryHandler):
    """Repeats what was limited, failed or not connected, with growing waits, while the call's deadline allows.

    What leaves something behind is repeated only when it certainly was not executed.
    """

    def __init__(self, client: BoundedWebClient) -> None:
        super().__init__(max_retry_count=TRIES - 1)
        self._client = client

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        wait = _wait(state.current_attempt, request, response, error)
        state.custom_values = {"wait": wait}
        return wait is not None and wait < self._client.seconds_left()

    def prepare_for_next_attempt(self, *, state: RetryState, **_: object) -> None:
        state.next_attempt_requested = True
        self._client.sleep((state.custom_values or {})["wait"])
        state.increment_current_attempt()


def _wait(attempt: int, request: HttpRequest, response: HttpResponse | None, error: Exception | None) -> float | None:
    """Seconds until the request may be repeated; None when it may not."""
    once = request.url.rpartition("/")[2] in _ONCE
    growing = 0.5 * 2.0**attempt * random.uniform(0.7, 1.3)  # noqa: S311 jitter needs no secrecy
    if response is not None and response.status_code == 429:
        values = {name.lower(): value for name, value in response.headers.items()}.get("retry-after") or [""]
        return max(_seconds(values[0]) or 1.0, growing)
    if response is not None and response.status_code < 500:
        return None
    if once and not (error is not None and _never_sent(error)):
        return None
    return growing


def _never_sent(error: Exception) -> bool:
    """No connection was made. An answer with a status is an URLError as well."""
    return (
        isinstance(error, URLError)
        and not isinstance(error, HTTPError)
        and isinstance(error.reason, ConnectionRefusedError)
    )


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None


def _explained(method: str, about: str, status: int, data: object, headers: dict[str, Any]) -> JavisError:
    """The error for an answer that is no success. Slack's own code is quoted, nothing else of the answer."""
    document = data if isinstance(data, dict) else {}
    code = str(document.get("error") or "")
    where = f" ({about})" if about else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        wait = _seconds(str({name.lower(): value for name, value in headers.items()}.get("retry-after", "")))
        return RemoteBusy(
            f"Slack limits the rate of {method}{where}; it is tried again later",
            retry_after=None if wait is None else timedelta(seconds=wait),
        )
    if status >= 500 or code in _INTERNAL_ERRORS:
        return _unknown(method, where, f"Slack failed at {method}{where}: {status} {code}".rstrip())
    if status != 200 or not re.fullmatch(r"[a-z0-9_]{1,60}", code):
        return UnusableReply(
            f"the answer to {method} is not Slack's (status {status}); check SLACK_BASE_URL, the network and proxies"
        )
    if code in _TOKEN_ERRORS:
        return IdentityError(f"Slack refuses the token ({code}); check SLACK_BOT_TOKEN, and SLACK_APP_TOKEN if set")
    needed = str(document.get("needed") or "")
    scope = f" ({needed})" if re.fullmatch(r"[a-z:,._ -]{1,100}", needed) else ""
    remedy = _REMEDIES.get(code, "see Slack's documentation of the method")
    return NotOk(f"Slack refuses {method}{where}: {code}{scope}; {remedy}", code=code)


def _broken(method: str, about: str, error: Exception) -> JavisError:
    """The error for a call that got no answer, or half of one."""
    where = f" ({about})" if about else ""
    if isinstance(error, HTTPError):  # of an upload; the SDK turns those of calls into answers
        return _explained(method, about, error.code, None, dict(error.headers.items()))
    if _never_sent(error):
        return RemoteBusy("Slack cannot be reached; check the network and SLACK_BASE_URL")
    return _unknown(method, where, f"Slack's answer to {method}{where} was lost ({type(error).__name__})")


def _unknown(method: str, where: str, what: str) -> RemoteError:
    if method in _ONCE:
        return OutcomeUnknown(f"{what}; whether it was done{where} is not known")
    return RemoteBusy(f"{what}; it is tried again later")
