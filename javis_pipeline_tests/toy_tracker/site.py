"""The tracker itself, behind a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from javis_pipeline_tests.fake_site import FakeSite, Reply, fake_site


@dataclass
class Tracker:
    """What the tracker holds.

    Attributes:
        items: Documents by id.
        lost: Ids that it lists and does not give.
        site: The socket.
    """

    site: FakeSite
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    def save(self, number: int, title: object, at: datetime, *, done: bool = False, points: int | None = None) -> str:
        """Make or change an item; its id."""
        item_id = str(number)
        fields = {"title": title, "done": done, "points": points}
        self.items[item_id] = {"id": item_id, "at": at.isoformat(), **fields}
        return item_id

    def fetched(self) -> list[str]:
        """Ids that were asked for one by one since the last call."""
        asked = [request.path.rpartition("/")[2] for request in self.site.requests if "/items/" in request.path]
        self.site.requests.clear()
        return sorted(asked)

    def reply(self) -> Reply:
        """The answer to the newest request."""
        url = urlsplit(self.site.requests[-1].path)
        if url.path == "/items":
            since = parse_qs(url.query).get("since", [""])[0]
            listed = [item for item in self.items.values() if item["at"] >= since]
            return Reply({"items": [{"id": item["id"], "at": item["at"]} for item in listed]})
        item_id = url.path.rpartition("/")[2]
        found = None if item_id in self.lost else self.items.get(item_id)
        return Reply(found) if found else Reply({"message": "no such item"}, status=404)


@contextmanager
def tracker() -> Iterator[Tracker]:
    """A running tracker."""
    with fake_site() as site:
        found = Tracker(site)
        site.next_reply = found.reply  # type: ignore[method-assign] # it answers what it is asked
        yield found
