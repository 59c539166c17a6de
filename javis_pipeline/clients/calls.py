"""What is asked over HTTP, within which bounds, and what is answered."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Params = Mapping[str, str | int | Iterable[str]]
Headers = Mapping[str, str]
Read = Callable[[bytes], Any]
"""Makes something of the JSON of an answer; raises `orjson.JSONDecodeError` where it is broken."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call.

    Attributes:
        connect_seconds: For making a connection.
        read_seconds: For each piece of an answer.
        call_seconds: For a whole call, waits and repeats included.
        run_seconds: For all calls of a client together; when they are over, nothing more is asked.
        tries: Requests per call.
        wait_seconds: The longest wait that is worth staying for; a longer one ends the call.
        body_bytes: Size of an answer, decompressed.
    """

    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    call_seconds: float = 180.0
    run_seconds: float = math.inf
    tries: int = 4
    wait_seconds: float = 60.0
    body_bytes: int = 256 * 1024 * 1024


class Exchange(NamedTuple):
    """One request and its answer, for a recorder. There are no request headers: they hold the secret."""

    method: str
    url: str
    request_body: object
    status: int
    response_headers: dict[str, str]
    response_body: object


class Answer(NamedTuple):
    """A successful answer: the status, the headers (names in any case), the decoded JSON (None for an empty body)."""

    status: int
    headers: Headers
    body: Any


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked, and when it has to be over (on the transport's clock).

    `file` goes out instead of JSON, and then only the status of the answer counts. `shown` stands for the path in
    messages where that is a secret. `once`: it is asked at once or not at all, and never again.
    """

    method: str
    path: str
    params: Params | None
    json: object
    repeatable: bool
    ends_at: float
    read: Read
    file: bytes | None = None
    shown: str = ""
    once: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.shown or self.path}"
