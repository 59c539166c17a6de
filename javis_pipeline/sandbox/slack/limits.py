"""How often Slack lets an app call each method."""

import math
from collections import deque
from collections.abc import Callable

# Calls a minute of each of Slack's tiers.
_TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
_TIER_OF = {
    "conversations.list": 2,
    "users.list": 2,
    "users.info": 4,
    "chat.postEphemeral": 4,
    "files.getUploadURLExternal": 4,
    "files.completeUploadExternal": 4,
    "views.open": 4,
    "apps.connections.open": 1,
}
_UNLIMITED = frozenset({"auth.test", "api.test", "chat.getPermalink"})
_DEFAULT_TIER = 3
# Slack lets a channel have about one message a second; short bursts pass.
_POSTS_PER_CHANNEL, _POST_SECONDS = 10, 10.0


class RateLimits:
    """Counts calls in a sliding window, in real time: a client that waits as told gets through.

    Args:
        timer: Seconds that only grow.
    """

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._calls: dict[str, deque[float]] = {}

    def wait_for(self, method: str, channel: str) -> int | None:
        """Whole seconds the caller must wait before it may call the method; None when the call is let through."""
        if method in _UNLIMITED:
            return None
        if method == "chat.postMessage":
            return self._count(f"{method} {channel}", _POSTS_PER_CHANNEL, _POST_SECONDS)
        return self._count(method, _TIERS[_TIER_OF.get(method, _DEFAULT_TIER)], 60.0)

    def _count(self, bucket: str, most: int, seconds: float) -> int | None:
        now = self._timer()
        calls = self._calls.setdefault(bucket, deque())
        while calls and calls[0] <= now - seconds:
            calls.popleft()
        if len(calls) >= most:
            return max(1, math.ceil(calls[0] + seconds - now))
        calls.append(now)
        return None
