"""How answers are spoiled: random changes of a JSON document, of its bytes, and of what stands around it."""

import copy
import json
import random
from typing import Any

import orjson

from javis_pipeline_tests.mutating_proxy import Passing

_DEEP: list[Any] = []
for _ in range(300):
    _DEEP = [_DEEP]

# None of these is what a site says where something else stood; all of them are JSON.
OTHER_SHAPES: tuple[Any, ...] = (
    True,
    -1,
    1.5,
    1e300,
    2**63,
    [],
    [[]],
    [None],
    {},
    {"a": 1},
    {"id": {}},
    [{"id": "1"}],
    _DEEP,
    {"content": [{"type": ["list"], "attrs": 7}]},
)
TEXTS: tuple[str, ...] = (
    "",
    "x",
    "\x00",
    "\ufffd\u202e",
    "9" * 40,
    "a" * 3000,
    "2026-02-30T25:61:00.000+0000",
    "0001-01-01T00:00:00.000+0100",
    "20261-03-01T10:00:00.000Z",
    "../../etc/passwd",
    "-1",
    "{}",
    "NaN",
)
BROKEN_BODIES: tuple[bytes, ...] = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"5",
    b'"x"',
    b"{",
    b"\xff\xfe",
    b"[" * 5000,
    b'{"a": 1e400}',
    b"<html>Log in</html>",
)
HEADERS: tuple[dict[str, str], ...] = (
    {"Content-Type": "text/html"},
    {"Content-Type": "application/json; charset=utf-7"},
    {"Content-Encoding": "gzip"},
    {"Retry-After": "99999999999999999999"},
    {"X-RateLimit-Reset": "0001-01-01T00:00:00+23:59", "Date": "never"},
    {"Link": '<http://[>; rel="next"'},
    {"X-RateLimit-NearLimit": "true"},
    {"X-Seraph-LoginReason": "AUTHORISATION_FAILED"},
    {"Set-Cookie": "a=b; Expires=never"},
    {"Location": "http://["},
)
STATUSES: tuple[int, ...] = (200, 204, 206, 301, 400, 403, 404, 409, 410, 418, 429, 500, 503, 999)


def spoiled(answer: Passing, rng: random.Random) -> Passing | None:
    """The answer with something wrong with it: mostly a value in its JSON, sometimes all of it."""
    dice = rng.random()
    if dice < 0.02:
        return None
    if dice < 0.08:
        return answer._replace(status=rng.choice(STATUSES))
    if dice < 0.12:
        return answer._replace(headers={**answer.headers, **rng.choice(HEADERS)})
    if dice < 0.16:
        return answer._replace(body=rng.choice(BROKEN_BODIES))
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return answer._replace(body=rng.choice(BROKEN_BODIES))
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        document = _changed(document, rng)
    return answer._replace(body=_dumped(document))


def _changed(document: Any, rng: random.Random) -> Any:
    """The document with one place in it changed."""
    places = list(_places(document))
    if not places:
        return _other_shape(rng)
    parent, key = rng.choice(places)
    dice = rng.random()
    if dice < 0.15:
        del parent[key]
    elif dice < 0.30:
        parent[key] = None
    elif dice < 0.40:
        parent[key] = _wrapped(parent[key], rng)
    elif dice < 0.65 and isinstance(parent[key], str):
        parent[key] = rng.choice(TEXTS)
    elif dice < 0.70 and isinstance(parent, list):
        parent.insert(0, rng.choice((copy.deepcopy(parent[key]), _other_shape(rng))))
    else:
        parent[key] = _other_shape(rng)
    return document


def _other_shape(rng: random.Random) -> Any:
    """A copy: what is put into a document is itself changed later."""
    return copy.deepcopy(rng.choice(OTHER_SHAPES))


def _wrapped(value: Any, rng: random.Random) -> Any:
    return rng.choice(([value], {"value": value}, str(value), [value, copy.deepcopy(value)]))


def _places(document: Any, depth: int = 0) -> Any:
    """Each (container, key) of the document."""
    if depth > 12:
        return
    keys = document.keys() if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    for key in list(keys):
        yield document, key
        yield from _places(document[key], depth + 1)


def _dumped(document: Any) -> bytes:
    return json.dumps(document).encode()
