"""Made-up issues in the form that `javis sandbox --load` reads."""

import gzip
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

_START: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
_STATUSES: Final = (("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done"))
_PROSE: Final = (
    "the build fails on the second start when a cache of the old format is found and nobody removed it before so users "
    "see an empty list while the log shows a timeout after thirty seconds and restarting the worker helps"
)
_WORDS: Final = _PROSE.split()


def write_corpus(file: Path, *, projects: Sequence[str], issues: int) -> None:
    """Write so many issues of each project, about 2 KB each; the same arguments write the same issues."""
    with gzip.open(file, "wb", compresslevel=1) as lines:
        for place, project in enumerate(projects):
            rng = random.Random(place)  # noqa: S311 - no secret
            for issue in _issues(project, 1_000_000 * (place + 1), issues, rng):
                lines.write(orjson.dumps(issue, option=orjson.OPT_APPEND_NEWLINE))


def _issues(project: str, first_id: int, count: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        created = _START + timedelta(minutes=20 * number)
        status, category = rng.choice(_STATUSES)
        comment = {"id": first_id + 500_000 + number, "author": _person(rng), "body": _prose(rng, 60)}
        yield {
            "id": first_id + number,
            "key": f"{project}-{number}",
            "type": "Task",
            "summary": _prose(rng, 8),
            "description": "\n\n".join([f"h2. {_prose(rng, 4)}", *(_prose(rng, 80) for _ in range(3))]),
            "status": status,
            "status_category": category,
            "priority": rng.choice(["High", "Medium", "Low"]),
            "labels": [f"label-{rng.randrange(10)}"],
            "assignee": _person(rng),
            "reporter": _person(rng),
            "created": created.isoformat(),
            "updated": (created + timedelta(hours=rng.randrange(1, 500))).isoformat(),
            "comments": [{**comment, "created": created.isoformat(), "updated": None}],
        }


def _person(rng: random.Random) -> str:
    return f"user-{rng.randrange(40):010x}"


def _prose(rng: random.Random, words: int) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(words))
