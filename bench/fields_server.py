"""A canned Jira in a process of its own, as `bench.server` is, with fields of its own."""

import sys
from datetime import UTC, datetime

import orjson

from bench.fields_issues import DEFINITIONS, with_own_fields
from bench.issues import FIELDS, IssueSource
from bench.server import CannedJira, serve


class CannedFields(CannedJira):
    """Answers requests from issues with custom fields."""

    def answer(self, method: str, path: str, body: bytes) -> bytes | None:
        if path == "/rest/api/3/field":
            return orjson.dumps([*FIELDS, *DEFINITIONS])
        return super().answer(method, path, body)


def main() -> None:
    """Serve a Jira with as many issues as the first argument says."""
    count, latency_ms, *certificate = sys.argv[1:]
    source = IssueSource(int(count), datetime.now(UTC), fields=with_own_fields)
    serve(CannedFields(source), int(latency_ms), certificate)


if __name__ == "__main__":
    main()
