"""The tracker as the sync sees a system: all that a third system has to bring for a pull."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple, Self, cast

from javis_pipeline.clients.auth import Anonymous
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.reading import as_instant, as_list, as_object, as_text, guarded
from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.errors import RemoteMissing, UnreadableRecord
from javis_pipeline.records.values import ResourceRef, ResourceType
from javis_pipeline.steps.bad_answers import Unreadable
from javis_pipeline.steps.ports import RemoteRecords
from javis_pipeline.steps.system import Opened, RemoteCount, Rest, Stored, nothing_after, nothing_before

KIND: Final[ResourceType] = "toy_item"

# What its migration would be.
MIGRATION: Final = """
CREATE TABLE toy_items (
    item_id text PRIMARY KEY,
    title text NOT NULL,
    done boolean NOT NULL,
    points integer,
    changed_at timestamptz NOT NULL,
    edited boolean NOT NULL DEFAULT false
);
ALTER TABLE sync_watermarks DROP CONSTRAINT sync_watermarks_system_is_known;
"""


class ItemStamp(NamedTuple):
    """What the list tells of an item."""

    remote_id: str
    changed_at: datetime | None

    @property
    def key(self) -> str:
        return f"TOY-{self.remote_id}"


class Item(NamedTuple):
    """An item, as it is stored."""

    item_id: str
    title: str
    done: bool
    points: int | None
    changed_at: datetime


class ItemBatch(NamedTuple):
    """What became of the wanted items."""

    items: list[Item]
    unreadable: list[Unreadable]
    absent: list[str]

    @property
    def brought(self) -> dict[str, datetime]:
        return {item.item_id: item.changed_at for item in self.items}


@dataclass
class ItemSource:
    """The tracker's items, for one pull."""

    http: Transport
    batch_size: int = 2
    missed: bool = False
    listed: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""

    def sweep(self, since: datetime | None, *, dated: bool = True) -> Iterator[list[ItemStamp]]:
        del dated
        answer = self.http.get("/items", {"since": since.isoformat()} if since else None).body
        found = [
            ItemStamp(as_text(one.get("id"), "id"), as_instant(one.get("at"), "at"))
            for one in as_list(as_object(answer, "answer").get("items"), "items")
        ]
        self.listed = len(found) if since is None else None
        yield found

    def stamp(self, remote_id: str) -> ItemStamp:
        return ItemStamp(remote_id, None)

    def read(self, wanted: Sequence[ItemStamp]) -> ItemBatch:
        batch = ItemBatch([], [], [])
        for stamp in wanted:
            try:
                document = self.http.get(f"/items/{stamp.remote_id}").body
                batch.items.append(guarded("toy item", document, partial(_item, document)))
            except RemoteMissing:
                batch.absent.append(stamp.remote_id)
            except UnreadableRecord as error:
                batch.unreadable.append(Unreadable(stamp.remote_id, stamp.changed_at, document, str(error)))
        return batch

    def counted(self) -> RemoteCount | None:
        return None if self.listed is None else RemoteCount(self.listed, "the tracker lists them", of_hits=True)

    def round_off(self, db: Database, *, run_id: str, now: datetime) -> Rest:
        del db, run_id, now
        return Rest([])


def _item(document: Any) -> Item:
    item = as_object(document, "item")
    title, at = as_text(item.get("title"), "title"), as_instant(item.get("at"), "at")
    return Item(as_text(item.get("id"), "id"), title, item.get("done") is True, item.get("points"), at)


class ItemMirror:
    """Items here."""

    at_once: Final = 1

    def differing(self, conn: Connection, stamps: Sequence[ItemStamp]) -> list[str]:
        here = {row["item_id"]: row["changed_at"] for row in conn.execute("SELECT item_id, changed_at FROM toy_items")}
        held = {row["remote_id"]: row["remote_updated_at"] for row in conn.execute("SELECT * FROM sync_quarantine")}
        known = here | held
        return [stamp.remote_id for stamp in stamps if known.get(stamp.remote_id) != stamp.changed_at]

    def store(self, conn: Connection, batch: ItemBatch, *, run_id: str, now: datetime, refresh: bool) -> Stored:
        del run_id, now, refresh
        inserted: list[str] = []
        updated: list[str] = []
        to_merge: list[ResourceRef] = []
        for item in batch.items:
            row = conn.execute("SELECT edited FROM toy_items WHERE item_id = %s FOR UPDATE", [item.item_id]).fetchone()
            if row and row["edited"]:
                to_merge.append(
                    ResourceRef(resource_type=KIND, resource_id=item.item_id, scope="TOY", key=f"TOY-{item.item_id}")
                )
                continue
            conn.execute(
                "INSERT INTO toy_items VALUES (%s, %s, %s, %s, %s) ON CONFLICT (item_id) DO UPDATE SET"
                " (title, done, points, changed_at) = (excluded.title, excluded.done, excluded.points,"
                " excluded.changed_at)",
                list(item),
            )
            (updated if row else inserted).append(item.item_id)
        return Stored(inserted, updated, [], [], to_merge)

    def count(self, conn: Connection) -> int:
        row = conn.execute("SELECT count(*) AS present FROM toy_items").fetchone()
        return int(row["present"]) if row else 0


def open_tracker(url: str) -> Opened[ItemStamp, ItemBatch]:
    """The tracker's only scope."""
    http = Transport("toy", url, Anonymous(), rate=10_000)
    return Opened(
        account_id="anybody",
        remote_id="toy",
        field_ids={},
        records=cast(RemoteRecords, None),
        source=lambda _extent: ItemSource(http),
        mirror=ItemMirror(),
        unwritable={},
        changes_unseen=False,
        before=nothing_before,
        after=nothing_after,
    )
