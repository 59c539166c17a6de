"""Webhooks that the sandbox sends: of Jira's administrator, signed, and of automation rules of Confluence's spaces.

As awkward as the real ones, where traps are set: late, doubled, in another order, or lost. What is not taken is sent
again, the same delivery under the same name.
"""

import hashlib
import heapq
import hmac
import http.client
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from random import Random
from threading import Condition, Thread
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from javis_pipeline.sandbox.ground import Happened

_TRIES: Final = 6
_FIRST_REPEAT_SECONDS: Final = 1.0
_ANSWER_SECONDS: Final = 20.0
_AT_ONCE: Final = 4
# Jira sends these again; whatever else is refused is refused.
_AGAIN: Final = frozenset({408, 409, 425, 429})


class Habit(StrEnum):
    """What may happen to a webhook on its way."""

    LATE = "late"  # up to five seconds
    DOUBLED = "doubled"  # another delivery of the same, as two registrations send it
    REORDERED = "reordered"  # the later one comes first
    LOST = "lost"


def parse_habits(spec: str) -> frozenset[Habit]:
    """Habits out of `late,lost` or `all`; ValueError names what is not understood."""
    if spec == "all":
        return frozenset(Habit)
    words = [word.strip() for word in spec.split(",") if word.strip()]
    if unknown := [word for word in words if word not in list(Habit)]:
        raise ValueError(f"webhook habit {unknown[0]!r} is unknown; there are: {', '.join(Habit)}, all")
    return frozenset(map(Habit, words))


class _Delivery(NamedTuple):
    """A webhook under way; they are sent in the order of `due`."""

    due: float
    number: int
    name: str
    path: str
    body: bytes
    tries: int = 0


class Webhooks:
    """Sends a webhook for each thing that happens, from a thread of its own, while the block lasts.

    Args:
        url: Where to, without a slash at the end: `/hooks/jira` and `/hooks/confluence` are appended.
        secret: What they are signed with, and what the header of automation rules holds.
        habits: What goes wrong, with a chance of a third each.
        random: Source of chance.
    """

    def __init__(self, url: str, secret: str, *, habits: Iterable[Habit] = (), random: Random) -> None:
        self._to = urlsplit(url)
        self._secret = secret
        self._habits = frozenset(habits)
        self._random = random
        self._waiting: list[_Delivery] = []
        self._news = Condition()
        self._count = 0
        self._stopped = False
        self.sent = 0
        self.lost = 0

    def __call__(self, happened: Happened) -> None:
        """Send it, soon."""
        with self._news:
            for _ in range(2 if self._happens(Habit.DOUBLED) else 1):
                if self._happens(Habit.LOST):
                    self.lost += 1
                    continue
                self._count += 1
                name = str(UUID(int=self._random.getrandbits(128)))
                due = time.monotonic() + self._delay()
                body = orjson.dumps(_document(happened, self._count))
                heapq.heappush(self._waiting, _Delivery(due, self._count, name, f"/hooks/{happened.service}", body))
            self._news.notify()

    def __enter__(self) -> "Webhooks":
        self._thread = Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._news:
            self._stopped = True
            self._news.notify()
        self._thread.join()

    def _happens(self, habit: Habit) -> bool:
        return habit in self._habits and self._random.random() < 1 / 3

    def _delay(self) -> float:
        late = self._random.uniform(0, 5) if self._happens(Habit.LATE) else 0.0
        return late + (self._random.uniform(0, 0.5) if self._happens(Habit.REORDERED) else 0.0)

    def _run(self) -> None:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhook") as threads:
            while (delivery := self._next()) is not None:
                threads.submit(self._send, delivery)

    def _next(self) -> _Delivery | None:
        """The next one, when its time has come; None when it is over."""
        with self._news:
            while not self._stopped:
                wait = self._waiting[0].due - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._waiting)
                self._news.wait(wait)
        return None

    def _send(self, delivery: _Delivery) -> None:
        status = self._post(delivery)
        if status is not None and status < 300:
            self.sent += 1
        elif (status is None or status >= 500 or status in _AGAIN) and delivery.tries + 1 < _TRIES:
            wait = _FIRST_REPEAT_SECONDS * 2**delivery.tries
            with self._news:
                again = delivery._replace(due=time.monotonic() + wait, tries=delivery.tries + 1)
                heapq.heappush(self._waiting, again)
                self._news.notify()

    def _post(self, delivery: _Delivery) -> int | None:
        """Status of the answer; None when none came."""
        headers = {
            "Content-Type": "application/json",
            "X-Atlassian-Webhook-Identifier": delivery.name,
            "X-Atlassian-Webhook-Retry": str(delivery.tries),
            "Connection": "close",
        }
        if delivery.path.endswith("jira"):
            digest = hmac.new(self._secret.encode(), delivery.body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature"] = f"sha256={digest}"
        else:
            headers["X-Javis-Secret"] = self._secret
        make: Callable[..., http.client.HTTPConnection] = (
            http.client.HTTPSConnection if self._to.scheme == "https" else http.client.HTTPConnection
        )
        line = make(self._to.netloc, timeout=_ANSWER_SECONDS)
        try:
            line.request("POST", f"{self._to.path}{delivery.path}", delivery.body, headers)
            return line.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            line.close()


def _document(happened: Happened, number: int) -> dict[str, object]:
    if happened.service == "confluence":  # an automation rule's own body
        return {"page": happened.record_id, "space": happened.where}
    return {
        "timestamp": number,
        "webhookEvent": f"jira:issue_{happened.what}",
        "issue": {"id": happened.record_id, "key": happened.where, "fields": {"summary": "never to be believed"}},
    }
