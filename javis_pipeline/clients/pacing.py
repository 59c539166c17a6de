"""How fast a site may be asked: a token bucket and holds, shared by all threads that talk to it."""

import threading
from collections.abc import Callable, Iterable


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
