"""A canned Jira in a process of its own, as `bench.server` is, with fields of its own: of real issues where there are
files of them."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from bench.fields_corpus import RealIssues
from bench.fields_issues import DEFINITIONS, with_own_fields
from bench.issues import FIELDS, IssueSource
from bench.server import CannedJira, Issues, serve

FILES: Final = "JAVIS_BENCH_ISSUES"
"""The variable that names files of issues, one beside the other as in PATH."""


class CannedFields(CannedJira):
    """Answers requests from issues with custom fields.

    Args:
        source: The issues.
        fields: What the site lists besides.
    """

    def __init__(self, source: Issues, fields: Sequence[Any]) -> None:
        super().__init__(source)
        self._listed = orjson.dumps([*fields, *DEFINITIONS])

    def answer(self, method: str, path: str, body: bytes) -> bytes | None:
        return self._listed if path == "/rest/api/3/field" else super().answer(method, path, body)


def main() -> None:
    """Serve a Jira with as many issues as the first argument says."""
    count, latency_ms, *certificate = sys.argv[1:]
    now = datetime.now(UTC)
    if files := [Path(file) for file in os.environ.get(FILES, "").split(os.pathsep) if file]:
        real = RealIssues(files)
        source = IssueSource(int(count), now, fields=real.fields, bodies=min(int(count), real.count))
        serve(CannedFields(source, real.definitions), int(latency_ms), certificate)
    else:
        serve(CannedFields(IssueSource(int(count), now, fields=with_own_fields), FIELDS), int(latency_ms), certificate)


if __name__ == "__main__":
    main()
