"""Real issues, as the sandbox shows them, with thirty fields each of a site's three hundred own ones."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from bench.fields_issues import own_fields
from javis_pipeline.sandbox.world import World


class RealIssues:
    """The issues of files that `javis sandbox --load` reads; each is given once.

    Attributes:
        definitions: The fields of the sandbox, as it lists them.
        count: How many issues there are.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._jira = World().jira
        self.count = self._jira.load(files)
        self._jira.behaviour.comments_shown = 1_000_000
        self.definitions = [self._jira.renderer.field(spec) for spec in self._jira.fields.listed]
        self._shown = self._each()

    def fields(self, rng: random.Random) -> dict[str, Any]:
        """The fields of the next one but for `updated`."""
        return next(self._shown) | own_fields(rng)

    def _each(self) -> Iterator[dict[str, Any]]:
        wanted = self._jira.fields.wanted(["*all"])
        for issue in self._jira.issues.values():
            fields: dict[str, Any] = orjson.loads(self._jira.renderer.issue(issue, issue.state, wanted))["fields"]
            del fields["updated"]
            yield fields
