"""One way to talk HTTP: time limits, bounded retries, pacing, and errors by what to do next.

The one retry mechanism of the product; urllib3's own is off. What may be repeated:

* a read (GET, and the POSTs that only search): always, within the limits;
* a write: only when it certainly was not executed (429, no connection made). A 5xx, a time limit or a cut reply leaves
  open whether it was, and raises `OutcomeUnknown`: whoever sent it has to look before sending again.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Self
from urllib.parse import urlencode

import orjson
import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from javis_pipeline.clients.calls import Answer, Call, Exchange, Headers, Limits, Params, Read
from javis_pipeline.clients.failures import Failed, transport_failure
from javis_pipeline.clients.json_bytes import as_json, json_or_none, mended, without_nul
from javis_pipeline.clients.lines import Line, checked_base_url, open_line
from javis_pipeline.clients.pacing import Pace, asked_wait, backoff, until_refilled
from javis_pipeline.clients.refusals import COMMON, Manners, refusal
from javis_pipeline.errors import JavisError, OutcomeUnknown, RemoteBusy, RemoteRefused, SettingError, SyncHalted

log = logging.getLogger(__name__)

# Requests a second that no site of Atlassian minds.
PACE: Final = 50.0
CHUNK_BYTES: Final = 1 << 16
WHOLE_SITE: Final = "*"
UNAVAILABLE: Final = "HTTP 503"
# Half speed for so long after an answer that says we are near the limit.
EASE_SECONDS: Final = 10.0
# How soon a request goes out that goes out once.
AT_ONCE_SECONDS: Final = 10.0


@dataclass(eq=False)
class Transport:
    """HTTP to one site. Safe to share between threads, which have the pace and the holds in common.

    Attributes:
        name: What messages call the site: "jira", "confluence".
        base_url: Without a trailing slash; may hold a path (the gateway for scoped tokens).
        auth: Adds the credentials to a request.
        read_posts: Paths (below the base URL) of POSTs that only read.
        manners: How the system words refusals and limits.
        headers: What every request says besides.
        rate: Requests a second on average, and at once after a pause.
        pace: Shared with other transports to the same site; None for one of its own, of that rate.
        read_only: Refuse everything that could write: for dry runs.
        inspect: Called with status and headers of every answer that is no failure of the transport; may raise.
        record: Called with every exchange.
        limits: Bounds of one call.
        clock: Monotonic seconds.
        sleep: Waits that many seconds.
        jitter: Randomness for the waits between repeats.
    """

    name: str
    base_url: str
    auth: AuthBase
    read_posts: frozenset[str] = frozenset()
    manners: Manners = COMMON
    headers: Headers = field(default_factory=dict)
    rate: float = PACE
    pace: Pace | None = None
    read_only: bool = False
    inspect: Callable[[str, int, Headers], None] | None = None
    record: Callable[[Exchange], None] | None = None
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.base_url = checked_base_url(self.name, self.base_url)
        self._pace = self.pace or Pace(self.rate, clock=self.clock, sleep=self.sleep)
        self._run_ends_at = self.clock() + self.limits.run_seconds
        self._free: list[Line] = []
        self._times_closed = 0
        self._lines_lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, those in use when their request is over; the transport can be used again."""
        with self._lines_lock:
            free, self._free = self._free, []
            self._times_closed += 1
        for line in free:
            line.session.close()

    def get(self, path: str, params: Params | None = None) -> Answer:
        """GET a JSON resource below the base URL."""
        return self.request("GET", path, params=params)

    def post(self, path: str, json: object, params: Params | None = None, *, read: Read = orjson.loads) -> Answer:
        """POST JSON; whether that is a read is known from `read_posts`."""
        return self.request("POST", path, params=params, json=json, read=read)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: object = None,
        read: Read = orjson.loads,
        once: bool = False,
    ) -> Answer:
        """Ask until there is an answer or the limits are reached; its body is what `read` makes of it.

        With `once` there is one request, soon, or RemoteBusy.

        Raises:
            RemoteBusy: Rate limited, overloaded or not reachable; nothing was executed, or it was a read.
            OutcomeUnknown: A write that may have been executed.
            RemoteRefused: Refused for good; RemoteMissing for 404, StaleRevision for 409.
            IdentityError: 401.
            SettingError: The certificate is not trusted, or the URL leads to a redirect or a web page.
            SyncHalted: A write in a dry run.
        """
        repeatable = method == "GET" or (method == "POST" and path in self.read_posts)
        if self.read_only and not repeatable:
            raise SyncHalted(f"{self.name}: {method} {path} was not sent, because this is a dry run")
        return self._asked(Call(method, path, params, json, repeatable, self._ends_at(), read, once=once))

    def send_file(self, path: str, data: bytes, *, shown: str) -> None:
        """POST the bytes of a file to an address made for it; `shown` stands for that in messages.

        Raises as `request` does. It is repeated as a read is: the address takes one file.
        """
        self._asked(Call("POST", path, None, None, True, self._ends_at(), orjson.loads, data, shown))

    def _ends_at(self) -> float:
        return min(self.clock() + self.limits.call_seconds, self._run_ends_at)

    def _asked(self, call: Call) -> Answer:
        tries = 0
        while True:
            tries += 1
            self._check_time()
            self._wait_for_turn(call)
            try:
                return self._try(call, tries)
            except Failed as failure:
                wait = self._wait_before_repeat(call, failure, tries)
            self.sleep(wait)

    # When to ask, and whether again

    def _check_time(self) -> None:
        if self.clock() >= self._run_ends_at:
            raise RemoteBusy(
                f"{self.name}: this run has had its {self.limits.run_seconds / 60:.0f} minutes (JAVIS_SYNC_MINUTES); "
                "what it did until now stays, and the next run goes on from there"
            )

    def _wait_for_turn(self, call: Call) -> None:
        held = self._pace.holds.remaining((WHOLE_SITE, self._endpoint(call), self.manners.record(call.path)))
        longest = AT_ONCE_SECONDS if call.once else self.limits.wait_seconds
        if held > longest or held > call.ends_at - self.clock():
            raise RemoteBusy(
                f"{self.name} is rate limited for another {held:.0f} s; run again after that",
                retry_after=timedelta(seconds=held),
            )
        if held > 0:
            self.sleep(held)
        self._pace.bucket.acquire()

    def _wait_before_repeat(self, call: Call, failure: Failed, tries: int) -> float:
        """Seconds until the next try; raises when there is none."""
        if failure.executed and not call.repeatable:
            raise OutcomeUnknown(
                f"{self.name}: {call} may or may not have been executed ({failure}); look before sending it again"
            ) from failure
        wait = max(failure.retry_after or 0.0, backoff(tries, self.jitter))
        asked = timedelta(seconds=failure.retry_after) if failure.retry_after is not None else None
        too_long = wait > self.limits.wait_seconds or wait > call.ends_at - self.clock()
        if tries >= self.limits.tries or too_long or call.once:
            advice = f"it asks to wait {asked.total_seconds():.0f} s" if asked else "run again later"
            if str(failure) == UNAVAILABLE:
                advice += "; if it answers people neither, it is in maintenance, or builds its index anew"
            raise RemoteBusy(
                f"{self.name}: {call} failed {tries}x ({failure}); {advice}",
                retry_after=asked,
                about_one_record=failure.executed,
            ) from failure
        return wait

    # One try

    def _try(self, call: Call, tries: int) -> Answer:
        started_at, opened, line = self.clock(), self._times_closed, self._borrowed_line()
        try:
            response = self._send(line, call)
            try:
                content = self._read(response, call)
            finally:
                response.close()
        except (requests.RequestException, HTTPError, OSError) as error:
            # Not chained: what the libraries say holds the whole URL, and their exceptions hold the request's headers.
            raise transport_failure(self.name, self.base_url, error, sent=line.deadline.sent) from None
        finally:
            line.deadline.end()
            self._give_back(line, opened)
        log.debug(
            "asked system=%s method=%s path=%s status=%d bytes=%d ms=%.0f try=%d",
            *(self.name, call.method, call.shown or call.path, response.status_code, len(content)),
            *((self.clock() - started_at) * 1000, tries),
        )
        return self._answer(call, response.status_code, response.headers, content)

    def _send(self, line: Line, call: Call) -> requests.Response:
        remaining = max(call.ends_at - self.clock(), 0.1)
        line.deadline.begin(self.clock() + remaining, self.limits.read_seconds, self.limits.body_bytes)
        return line.session.request(
            call.method,
            self.base_url + call.path,
            params=urlencode(call.params, doseq=True) if call.params else None,
            data=call.file if call.json is None else self._encoded(call),
            headers={**self.headers, **({} if call.json is None else {"Content-Type": "application/json"})},
            auth=self.auth,
            timeout=(min(self.limits.connect_seconds, remaining), min(self.limits.read_seconds, remaining)),
            allow_redirects=False,
            stream=True,
        )

    def _encoded(self, call: Call) -> bytes:
        try:
            return orjson.dumps(call.json, default=as_json)
        except TypeError:
            raise RemoteRefused(
                f"{self.name}: {call} was not sent: it holds a value that JSON cannot hold", status=400
            ) from None

    def _borrowed_line(self) -> Line:
        """A line that nobody uses now, the one that was used last: its connection is the least likely to be closed."""
        with self._lines_lock:
            if self._free:
                return self._free.pop()
        return open_line(self.name, self.base_url, self.clock)

    def _give_back(self, line: Line, opened: int) -> None:
        with self._lines_lock:
            if opened == self._times_closed:
                self._free.append(line)
                return
        line.session.close()

    def _read(self, response: requests.Response, call: Call) -> bytes:
        """The body, piece by piece: one that trickles must not outlast the call, nor a huge one fill the memory."""
        parts, size = [], 0
        while part := response.raw.read1(CHUNK_BYTES, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > self.limits.body_bytes:
                raise Failed(f"an answer of more than {self.limits.body_bytes} bytes", executed=True)
            if self.clock() > call.ends_at:
                raise Failed(f"no whole answer within {self.limits.call_seconds:.0f} s", executed=True)
        return b"".join(parts)

    # What an answer means

    def _answer(self, call: Call, status: int, headers: Headers, content: bytes) -> Answer:
        is_json = "json" in headers.get("Content-Type", "")
        if self.record is not None:
            self.record(self._exchange(call, status, headers, content))
        if headers.get("X-RateLimit-NearLimit", "").lower() == "true":
            self._pace.bucket.ease_off(EASE_SECONDS)
        self._pace.holds.hold(WHOLE_SITE, until_refilled(headers))
        if status == 429:
            raise self._rate_limited(call, headers)
        if status == 503:
            raise Failed(UNAVAILABLE, executed=True, retry_after=asked_wait(headers))
        if status < 200 or status == 408 or status >= 500:
            raise Failed(f"HTTP {status}", executed=True, retry_after=asked_wait(headers))
        if 300 <= status < 400:
            raise SettingError(
                f"{self.name}: {self.base_url} redirects elsewhere (HTTP {status}), as sites do that are called by "
                "another name, and with whoever they do not know. Name the site's own URL, and check the token"
            )
        if self.inspect is not None:
            self.inspect(call.path, status, headers)
        if status >= 400:
            raise refusal(self.manners, self.name, str(call), status, json_or_none(content) if is_json else None)
        if call.file is not None:
            return Answer(status, headers, None)
        if content and not is_json:
            raise self._not_json(call)
        body = self._decoded(call, content)
        if body is None and call.repeatable:
            raise Failed("an empty answer", executed=True)
        return Answer(status, headers, body)

    def _decoded(self, call: Call, content: bytes) -> Any:
        if content.strip() in (b"", b"null"):
            return None
        try:
            return call.read(without_nul(content))
        except orjson.JSONDecodeError:
            whole = mended(content)
        try:
            return call.read(whole)
        except orjson.JSONDecodeError:
            raise Failed(f"{call} was answered with broken JSON", executed=True) from None

    def _not_json(self, call: Call) -> JavisError:
        if not call.repeatable:
            return OutcomeUnknown(
                f"{self.name}: {call} was answered with a web page instead of JSON; look before sending it again"
            )
        return SettingError(
            f"{self.name}: {self.base_url} answered with a web page instead of JSON: a login page or a proxy. "
            "Check the URL, the token, and the way to it"
        )

    def _rate_limited(self, call: Call, headers: Headers) -> Failed | RemoteBusy:
        """Book what has to wait: the site for a used-up quota, the record for its own limit, else the endpoint."""
        reason = headers.get("RateLimit-Reason", "")
        if headers.get("X-RateLimit-Limit") == "0":
            raise SettingError(
                f"{self.name}: an administrator allows this account no requests at all (X-RateLimit-Limit: 0); "
                "ask for a limit of its own, or for an exemption"
            )
        retry_after = asked_wait(headers)
        reach = self.manners.reach(reason)
        if reach == "site":
            wait = retry_after if retry_after is not None else self.limits.wait_seconds
            self._pace.holds.hold(WHOLE_SITE, wait)
            return RemoteBusy(
                f"{self.name}: the quota is used up ({reason}); run again in {wait:.0f} s",
                retry_after=timedelta(seconds=wait),
            )
        held = self.manners.record(call.path) if reach == "record" else self._endpoint(call)
        self._pace.holds.hold(held, retry_after or 0.0)
        return Failed(f"HTTP 429 {reason}".rstrip(), executed=False, retry_after=retry_after)

    def _endpoint(self, call: Call) -> str:
        return f"{call.method} {self.manners.endpoint(call.path)}"

    def _exchange(self, call: Call, status: int, headers: Headers, content: bytes) -> Exchange:
        query = f"?{urlencode(call.params, doseq=True)}" if call.params else ""
        kept = {name.lower(): value for name, value in headers.items() if name.lower() != "set-cookie"}
        body = json_or_none(content) if content else None
        if content and body is None:
            body = content.decode(errors="replace")
        return Exchange(call.method, self.base_url + call.path + query, call.json, status, kept, body)
