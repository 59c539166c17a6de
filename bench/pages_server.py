"""A canned Confluence: pages of 20 KB, rendered once, and just the requests of a pull.

python -m bench.pages_server PAGES LATENCY_MS [CERTIFICATE KEY]      prints its port, serves until its stdin is closed
"""

import random
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

import orjson

from bench.server import serve

SPACE: Final = "BENCH"
SPACE_ID: Final = "131072"
ACCOUNT_ID: Final = "5b10a2844c20165700ede21g"
BODY_BYTES: Final = 20_000

_BODIES: Final = 200
_FIRST_ID: Final = 1_000_000
_LABELS: Final = 20
# Every fifth page speaks of issues.
_MENTIONING: Final = 5
_PROSE: Final = (
    "the build fails on the second start when a cache of the old format is found and nobody removed it before so users "
    "see an empty list while the log shows a timeout after thirty seconds and restarting the worker helps"
)
_WORDS: Final = _PROSE.split()


def _prose(rng: random.Random) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(rng.randint(10, 50)))


def _block(rng: random.Random) -> str:
    match rng.randint(0, 9):
        case 0:
            return f"<h2>{_prose(rng)[:40]}</h2>"
        case 1:
            return "<ul>" + "".join(f"<li><p>{_prose(rng)}</p></li>" for _ in range(4)) + "</ul>"
        case 2:
            cells = f"<tr><th><p>{rng.choice(_WORDS)}</p></th><td><p>{_prose(rng)}</p></td></tr>"
            return f"<table><tbody>{cells * 3}</tbody></table>"
        case 3:
            return (
                '<ac:structured-macro ac:name="info" ac:schema-version="1"><ac:rich-text-body>'
                f"<p>{_prose(rng)}</p></ac:rich-text-body></ac:structured-macro>"
            )
        case _:
            return f"<p>{_prose(rng)} <strong>{rng.choice(_WORDS)}</strong> {_prose(rng)} &mdash; {_prose(rng)}</p>"


def _body(number: int) -> str:
    rng = random.Random(number)  # noqa: S311 - no secret
    blocks = [f"<p>See BENCH-{number + 1} and BENCH-{number + 2}.</p>"] if number % _MENTIONING == 0 else []
    size = 0
    while size < BODY_BYTES:
        blocks.append(_block(rng))
        size += len(blocks[-1])
    return "".join(blocks)


class CannedConfluence:
    """One space; page n was saved half an hour before page n-1, the first one just now."""

    def __init__(self, count: int, now: datetime) -> None:
        self._count = count
        self._now = now
        self._bodies = [orjson.dumps(_body(number)) for number in range(min(count, _BODIES))]
        self.requests = 0

    def answer(self, method: str, path: str, body: bytes) -> bytes | None:
        """The JSON for a request; None for one it does not know."""
        url = urlsplit(path)
        if url.path == "/bench/requests":
            asked, self.requests = self.requests, 0
            return b"%d" % asked
        self.requests += 1
        query = parse_qs(url.query)
        match method, url.path.removeprefix("/wiki").split("/")[1:]:
            case "GET", ["rest", "api", "user", "current"]:
                return orjson.dumps({"accountId": ACCOUNT_ID, "displayName": "Bench"})
            case "GET", ["api", "v2", "spaces"]:
                space = {"id": SPACE_ID, "key": SPACE, "name": "Bench", "status": "current"}
                return orjson.dumps({"results": [space], "_links": {}})
            case "GET", ["api", "v2", "spaces", _, "content", "labels"]:
                labels = [{"id": str(n), "name": f"label-{n}", "prefix": "global"} for n in range(1, _LABELS + 1)]
                return orjson.dumps({"results": labels, "_links": {}})
            case "GET", ["api", "v2", "labels", label, "pages"]:
                return self._batch(range(int(label), self._count, _LABELS), query, "label")
            case "GET", ["api", "v2", "pages"] if "id" in query:
                wanted = [int(page_id) - _FIRST_ID for page_id in query["id"]]
                return b'{"results":[' + b",".join(self._page(n, with_body=True) for n in wanted) + b'],"_links":{}}'
            case "GET", ["api", "v2", "pages"]:
                return self._batch(range(self._count), query, "sweep")
            case "GET", ["rest", "api", "content", "search"]:
                return self._readers(query)
            case "POST", ["api", "v2", "users-bulk"]:
                ids = orjson.loads(body)["accountIds"]
                people = [{"accountId": account_id, "displayName": "Somebody"} for account_id in ids]
                return orjson.dumps({"results": people, "_links": {}})
            case _:
                return None

    def _batch(self, numbers: range, query: dict[str, list[str]], name: str) -> bytes:
        start, limit = int(query.get("cursor", ["0"])[0]), int(query.get("limit", ["25"])[0])
        rest = numbers[start + limit :]
        links = {"next": f"/wiki/api/v2/{name}?limit={limit}&cursor={start + limit}"} if rest else {}
        return self._listed(numbers[start : start + limit]) + b'],"_links":' + orjson.dumps(links) + b"}"

    def _readers(self, query: dict[str, list[str]]) -> bytes:
        """Who may read the pages with these ids: all may."""
        nobody = {"results": [], "size": 0}
        everybody = {"read": {"operation": "read", "restrictions": {"user": nobody, "group": nobody}}}
        pages = [
            {"id": page_id, "type": "page", "status": "current", "restrictions": everybody}
            for page_id in re.findall(r"\d+", query["cql"][0])
        ]
        return orjson.dumps({"results": pages, "_links": {}})

    def _listed(self, numbers: Iterable[int]) -> bytes:
        return b'{"results":[' + b",".join(self._page(n, with_body=False) for n in numbers)

    def _page(self, number: int, *, with_body: bool) -> bytes:
        saved_at = (self._now - timedelta(minutes=30 * number)).strftime("%Y-%m-%dT%H:%M:%S.000Z").encode()
        body = b""
        if with_body:
            value = self._bodies[number % len(self._bodies)]
            body = b',"body":{"storage":{"representation":"storage","value":%s}}' % value
        return (
            b'{"id":"%d","status":"current","title":"Page number %d","spaceId":"%s","parentId":"%d",'
            b'"parentType":"page","position":%d,"authorId":"%s","ownerId":"%s","lastOwnerId":null,"createdAt":"%s","version":{"number":%d,'
            b'"message":"","minorEdit":false,"authorId":"person-%d","createdAt":"%s"}%s,"_links":{"webui":"/spaces/x"}}'
        ) % (
            _FIRST_ID + number, number, SPACE_ID.encode(), _FIRST_ID, number, ACCOUNT_ID.encode(), ACCOUNT_ID.encode(),
            saved_at, 1 + number % 7, number % 40, saved_at, body,
        )  # fmt: skip


def main() -> None:
    """Serve a space with as many pages as the first argument says."""
    count, latency_ms, *certificate = sys.argv[1:]
    serve(CannedConfluence(int(count), datetime.now(UTC)), int(latency_ms), certificate)


if __name__ == "__main__":
    main()
