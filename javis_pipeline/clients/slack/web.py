"""How Slack's Web API is asked: one method, one answer, and what Slack says instead of an HTTP status as errors."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from javis_pipeline.clients.auth import Anonymous, BearerAuth
from javis_pipeline.clients.calls import Limits
from javis_pipeline.clients.http import Transport
from javis_pipeline.errors import (
    IdentityError,
    JavisError,
    OutcomeUnknown,
    RemoteBusy,
    RemoteRefused,
    SettingError,
    UnusableReply,
)

Json = dict[str, Any]

_READ_SECONDS: Final = 20.0
_REPLY_BYTES: Final = 16 * 1024 * 1024
# What these leave behind is the same after the second time. All other writes would be there twice.
_REPEATABLE: Final = frozenset({"/auth.test", "/apps.connections.open", "/chat.update", "/chat.delete"})

_TOKEN_ERRORS: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type"}
    | {"no_permission", "team_access_not_granted"}
)
# Slack says of these that a part may have been done.
_INTERNAL_ERRORS: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_RATE_ERRORS: Final = frozenset({"ratelimited", "rate_limited"})
_REMEDIES: Final = {
    "channel_not_found": "there is no such channel, or it is private and the app is not in it; check "
    "SLACK_DEFAULT_CHANNEL and SLACK_CHANNELS, and invite the app there",
    "not_in_channel": "the app is not in the channel; write /invite and the app's name there",
    "is_archived": "the channel is archived; name another in SLACK_DEFAULT_CHANNEL or SLACK_CHANNELS",
    "missing_scope": "the app lacks a permission; add it under OAuth & Permissions and install the app again",
    "user_not_found": "there is no such member; their profile has the member id",
    "restricted_action": "the workspace does not let the app post there; ask an administrator of the workspace",
    "ekm_access_denied": "the workspace's key management forbids it; ask an administrator of the workspace",
}


class NotOk(RemoteRefused):
    """Slack answered `ok: false`. `code` is its word for why."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message, status=200)
        self.code = code


class SlackWeb:
    """The Web API with one token. Safe to share between threads.

    Args:
        token: Of the bot, or of the app for Socket Mode.
        base_url: Of the Web API.
        deadline: How long one call takes at most, waits and repeats included.
        sleep: Waits so many seconds.
        clock: Seconds that only grow.

    Calls raise `IdentityError` when the token is refused, `NotOk` for what Slack will never do, `RemoteBusy` for what
    may be tried again, `OutcomeUnknown` when it was done or not, `SettingError` when it is not Slack that answers.
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
        self._limits = Limits(
            read_seconds=_READ_SECONDS, call_seconds=deadline.total_seconds(), body_bytes=_REPLY_BYTES
        )
        self._sleep, self._clock = sleep, clock
        self._api = Transport(
            "slack",
            base_url,
            BearerAuth(token),
            read_posts=_REPEATABLE,
            limits=self._limits,
            sleep=sleep,
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"SlackWeb({self.base_url})"

    @property
    def base_url(self) -> str:
        """Of the Web API, without a slash at the end."""
        return self._api.base_url

    def read(self, method: str, *, about: str = "", **args: str | int | bool | None) -> Json:
        """What a method answers that changes nothing. `about` is for messages, such as a channel."""
        params = {name: _as_param(value) for name, value in args.items() if value is not None}
        return _checked(method, about, self._api.get(f"/{method}", params).body, is_repeatable=True)

    def write(self, method: str, *, about: str = "", **args: object) -> Json:
        """What a method answers that leaves something behind; it is repeated only where that is the same as once."""
        sent = {name: value for name, value in args.items() if value is not None}
        path = f"/{method}"
        return _checked(method, about, self._api.post(path, sent).body, is_repeatable=path in _REPEATABLE)

    def send_file(self, url: str, data: bytes) -> None:
        """The bytes of a file, to the address that Slack gave for them; the token does not go there."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise UnusableReply("Slack's address for an upload is none; check SLACK_BASE_URL and proxies") from None
        if parts.scheme != "https" and parts.netloc != urlsplit(self.base_url).netloc:
            raise UnusableReply("Slack's address for an upload is not https; check SLACK_BASE_URL and proxies")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        site = f"{parts.scheme}://{parts.netloc}"
        with Transport(
            "slack", site, Anonymous(), limits=self._limits, sleep=self._sleep, clock=self._clock
        ) as transport:
            transport.send_file(path, data, shown="/(the address for a file)")


def _as_param(value: str | int | bool) -> str | int:
    return str(value).lower() if isinstance(value, bool) else value


def _checked(method: str, about: str, answer: object, *, is_repeatable: bool) -> Json:
    """The answer, when it is a success. Slack's own code is quoted of a refusal, nothing else."""
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise SettingError(f"the answer to {method} is not Slack's; check SLACK_BASE_URL, the network and proxies")
    if answer["ok"]:
        return answer
    where = f"{method} ({about})" if about else method
    code = str(answer.get("error") or "")
    if code in _INTERNAL_ERRORS and not is_repeatable:
        raise OutcomeUnknown(f"Slack failed at {where}: {code}; whether it was done is not known")
    raise _refused(where, code, str(answer.get("needed") or ""))


def _refused(where: str, code: str, needed: str) -> JavisError:
    if not re.fullmatch(r"[a-z0-9_]{1,60}", code):
        return UnusableReply(f"Slack refuses {where} and does not say why")
    if code in _RATE_ERRORS:
        return RemoteBusy(f"Slack limits the rate of {where}; it is tried again later")
    if code in _INTERNAL_ERRORS:
        return RemoteBusy(f"Slack failed at {where}: {code}; it is tried again later")
    if code in _TOKEN_ERRORS:
        return IdentityError(f"Slack refuses the token ({code}); check SLACK_BOT_TOKEN, and SLACK_APP_TOKEN if set")
    scope = f" ({needed})" if re.fullmatch(r"[a-z:,._ -]{1,100}", needed) else ""
    remedy = _REMEDIES.get(code, "see Slack's documentation of the method")
    return NotOk(f"Slack refuses {where}: {code}{scope}; {remedy}", code=code)
