"""How fast a site may be asked: a token bucket and holds, shared by all threads that talk to it; how long to wait."""

import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

# Nobody means more, and a number of any size can stand in a header.
MOST_ASKED_SECONDS: Final = 86_400.0
# As many may be under way when an answer says how much is left.
NEARLY_EMPTY: Final = 8
_HTTP_DATE: Final = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")


def backoff(tries: int, jitter: random.Random, *, first: float = 2.0, most: float = 30.0) -> float:
    """Seconds to wait after so many tries that failed: twice as long each time, and never as long as somebody else."""
    return min(first * 2.0 ** (tries - 1), most) * jitter.uniform(0.7, 1.3)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks us to wait, a day at most; None when it does not say, or makes no sense.

    Args:
        headers: Of the answer; names in any case. `Retry-After` is a number or an instant, `X-RateLimit-Reset` an
            instant. Instants are read against the answer's own `Date`: no clock of ours is involved.
    """
    said = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", said):
        return min(float(said), MOST_ASKED_SECONDS)
    asked = _instant(said) or _instant(headers.get("X-RateLimit-Reset", ""))
    now = _instant(headers.get("Date", ""))
    return min(max((asked - now).total_seconds(), 0.0), MOST_ASKED_SECONDS) if asked and now else None


def until_refilled(headers: Mapping[str, str]) -> float:
    """Seconds after which a bucket of ours that is nearly empty holds something again; 0 where it holds enough.

    Only sites that say how fast it fills count each account by itself, and refuse what comes when it is empty.
    """
    told = (headers.get(f"X-RateLimit-{name}", "1") for name in ("Interval-Seconds", "FillRate", "Remaining"))
    numbers = [int(text) for text in told if re.fullmatch(r"[0-9]{1,9}", text)]
    if "X-RateLimit-FillRate" not in headers or len(numbers) < 3 or numbers[2] > NEARLY_EMPTY or numbers[1] == 0:
        return 0.0
    interval, fill, left = numbers
    return min(interval / fill * (NEARLY_EMPTY - left + 1), MOST_ASKED_SECONDS)


def _instant(text: str) -> datetime | None:
    """An HTTP date or an ISO 8601 instant; None for anything else."""
    read = parsedate_to_datetime if _HTTP_DATE.fullmatch(text) else datetime.fromisoformat
    with suppress(ValueError):
        instant = read(text)
        return instant if instant.tzinfo else None
    return None


class TokenBucket:
    """At most `rate` requests a second on average, `burst` at once; `acquire` sleeps until it is our turn.

    Args:
        rate: Requests a second.
        burst: Requests that may start at once after a pause.
        clock: Monotonic seconds.
        sleep: Waits that many seconds.
    """

    def __init__(
        self, rate: float, burst: float, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._tokens = burst
        self._filled_at = clock()
        self._eased_until = self._filled_at

    def acquire(self) -> None:
        """Take one token; the debt of a waiting thread is booked at once, so threads queue up instead of racing."""
        with self._lock:
            now = self._clock()
            rate = self._rate / 2 if now < self._eased_until else self._rate
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * rate) - 1
            self._filled_at = now
            wait = -self._tokens / rate
        if wait > 0:
            self._sleep(wait)

    def ease_off(self, seconds: float) -> None:
        """Half the rate for a while: the remote said that we are near its limit."""
        with self._lock:
            self._eased_until = max(self._eased_until, self._clock() + seconds)
            self._tokens = min(self._tokens, 0.0)


class Pace:
    """How fast a site is asked, and what of it is left alone for a while: by one transport, or by several together.

    Args:
        rate: Requests a second on average, and at once after a pause.
        clock: Monotonic seconds.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.bucket = TokenBucket(rate, rate, clock=clock, sleep=sleep)
        self.holds = Holds(clock)


class Holds:
    """What must not be asked before an instant: the whole site, one endpoint, or one record."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def hold(self, key: str, seconds: float) -> None:
        """Nothing that has `key` starts within the next `seconds`."""
        with self._lock:
            self._until[key] = max(self._until.get(key, 0.0), self._clock() + seconds)

    def remaining(self, keys: Iterable[str]) -> float:
        """Seconds until a request that has these keys may start; 0 for now. Forgets holds that are over."""
        with self._lock:
            now = self._clock()
            self._until = {key: until for key, until in self._until.items() if until > now}
            return max((self._until[key] - now for key in keys if key in self._until), default=0.0)
