"""Rate limits: a token bucket for each endpoint and method, and two windows for writes to one issue."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

PER_SECOND = {"GET": 100.0, "POST": 100.0, "PUT": 50.0, "DELETE": 50.0}
GENEROUS = {("GET", "/rest/api/3/issue/{id}"): 150.0, ("POST", "/rest/api/3/search/approximate-count"): 150.0}
# Writes to one issue: so many within so many seconds.
ISSUE_WINDOWS = ((20, 2.0), (100, 30.0))


@dataclass(frozen=True)
class Verdict:
    """What the limits say of a request; `retry_after` is in seconds, None lets the request pass."""

    limit: int
    remaining: int
    retry_after: int | None = None
    reason: str | None = None


@dataclass
class _Bucket:
    rate: float
    tokens: float
    at: float

    def take(self, now: float) -> bool:
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Limits:
    """Counts requests against the burst limits of Jira Cloud. The clock is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._writes: dict[str, deque[float]] = {}

    def request(self, method: str, endpoint: str) -> Verdict:
        """Counts a request to an endpoint, named by its path template."""
        now = self._clock()
        rate = GENEROUS.get((method, endpoint), PER_SECOND.get(method, 50.0))
        bucket = self._buckets.setdefault((method, endpoint), _Bucket(rate, rate, now))
        if bucket.take(now):
            return Verdict(int(rate), int(bucket.tokens))
        return Verdict(int(rate), 0, retry_after=1, reason="jira-burst-based")

    def write(self, issue: str) -> Verdict:
        """Counts a write to an issue."""
        now = self._clock()
        writes = self._writes.setdefault(issue, deque(maxlen=max(most for most, _ in ISSUE_WINDOWS)))
        for most, seconds in ISSUE_WINDOWS:
            recent = [at for at in writes if at > now - seconds]
            if len(recent) >= most:
                return Verdict(most, 0, math.ceil(recent[0] + seconds - now), "jira-per-issue-on-write")
        writes.append(now)
        return Verdict(ISSUE_WINDOWS[0][0], ISSUE_WINDOWS[0][0])
