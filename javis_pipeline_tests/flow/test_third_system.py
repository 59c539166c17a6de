"""A system that the product does not know is pulled by the same steps, as far as it brings its ports."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, cast

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.watermarks import note_opened, read_watermark
from javis_pipeline.records.values import System
from javis_pipeline.steps.pull import THREADS, list_records, pull_records
from javis_pipeline.steps.tally import Scope, Tally
from javis_pipeline_tests.toy_tracker.site import Tracker, tracker
from javis_pipeline_tests.toy_tracker.system import KIND, MIGRATION, ItemBatch, ItemSource, ItemStamp, open_tracker

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
TOY = Scope(cast(System, "toy"), KIND, "TOY")


@pytest.fixture
def toys(database: Database) -> Iterator[Tracker]:
    with database.transaction(origin="sync") as conn:
        conn.execute(MIGRATION)
        note_opened(conn, TOY.system, TOY.key, account_id="anybody")
    with tracker() as found:
        yield found


def pull(database: Database, toys: Tracker, **options: Any) -> Tally:
    opened = open_tracker(toys.site.url)
    return pull_records(database, TOY, opened, run_id="run", now=LATER, progress=lambda _done, _total: None, **options)


def titles(database: Database) -> list[str]:
    return [row["title"] for row in database.query("SELECT title FROM toy_items ORDER BY item_id")]


def test_given_a_first_load_then_all_is_here_and_the_next_run_asks_for_what_changed_only(database, toys):
    for number in range(1, 6):
        toys.save(number, f"Item {number}", NOON)
    first = pull(database, toys)
    toys.fetched()
    toys.save(3, "Changed", LATER, done=True, points=8)

    second = pull(database, toys)

    assert (first.inserted, first.whole, str(first.completeness)[-29:]) == (
        5,
        True,
        "the tracker lists them: agrees"[-29:],
    )
    assert (second.updated, second.unchanged, second.whole) == (1, 4, False)
    assert toys.fetched() == ["3"]
    assert titles(database) == ["Item 1", "Item 2", "Changed", "Item 4", "Item 5"]
    assert second.watermark == LATER


def test_given_an_edit_here_then_it_is_left_to_the_merge_and_the_watermark_stays_before_the_change(database, toys):
    toys.save(1, "Theirs", NOON)
    pull(database, toys)
    with database.transaction() as conn:
        conn.execute("UPDATE toy_items SET title = 'Ours', edited = true")
    toys.save(1, "Theirs, changed", LATER)
    toys.save(2, "Newer", LATER + timedelta(minutes=1))

    tally = pull(database, toys)

    assert [ref.key for ref in tally.to_merge] == ["TOY-1"]
    assert titles(database) == ["Ours", "Newer"]
    assert tally.watermark == LATER


def test_given_an_item_that_cannot_be_read_and_one_that_is_not_there_then_the_others_come(database, toys):
    toys.save(1, ["no", "text"], NOON)
    toys.lost.add(toys.save(2, "Lost", NOON))
    toys.save(3, "Fine", LATER)

    tally = pull(database, toys)
    toys.fetched()
    again = pull(database, toys, full=False)

    assert (tally.inserted, tally.unreadable, tally.completeness.missing) == (1, 1, 1)
    assert tally.completeness.agrees
    assert (again.completeness.quarantined, toys.fetched()) == (1, ["2"])
    with database.transaction() as conn:
        assert read_watermark(conn, TOY.system, TOY.key).watermark == LATER


def test_what_is_listed_is_told_apart_from_what_is_stored(database, toys):
    toys.save(1, "Stored", NOON)
    pull(database, toys)
    toys.save(2, "New", LATER)

    listed = list_records(database, TOY, open_tracker(toys.site.url))

    assert listed.ids == {"1", "2"}
    assert [ref.key for ref in listed.differing] == ["TOY-2"]


def test_given_scopes_that_are_pulled_side_by_side_then_they_hold_no_more_batches_at_once_than_two_would(
    database, toys, monkeypatch
):
    for number in range(1, 81):
        toys.save(number, f"Item {number}", NOON)
    held, most, counting = 0, 0, Lock()

    def read(_: ItemSource, wanted: Sequence[ItemStamp]) -> ItemBatch:
        nonlocal held, most
        with counting:
            held += 1
            most = max(most, held)
        time.sleep(0.05)
        with counting:
            held -= 1
        return ItemBatch([], [], [stamp.remote_id for stamp in wanted])

    monkeypatch.setattr(ItemSource, "read", read)

    with ThreadPoolExecutor(4) as threads:
        tallies = [*threads.map(lambda _: pull(database, toys), range(4))]

    assert [tally.completeness.missing for tally in tallies] == [80] * 4
    assert most <= 2 * THREADS
