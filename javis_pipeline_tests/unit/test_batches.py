"""Fetching ahead of what is worked on."""

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from javis_pipeline.steps.batches import rare_collections, read_ahead


def numbers(log: list[int], fails_at: int | None = None) -> Iterator[int]:
    for number in range(4):
        if number == fails_at:
            raise ConnectionError("the site is gone")
        log.append(number)
        yield number


def test_the_next_item_is_fetched_while_one_is_worked_on():
    fetched: list[int] = []
    with ThreadPoolExecutor(1) as threads:
        ahead = read_ahead(threads, numbers(fetched))
        first = next(ahead)
        threads.submit(int).result()  # what was submitted before is done

        assert (first, fetched) == (0, [0, 1])
        assert list(ahead) == [1, 2, 3]


def test_given_an_error_then_it_comes_after_the_items_before_it():
    with ThreadPoolExecutor(1) as threads:
        ahead = read_ahead(threads, numbers([], fails_at=2))

        assert [next(ahead), next(ahead)] == [0, 1]
        with pytest.raises(ConnectionError):
            next(ahead)


def test_given_several_that_want_rare_collections_then_they_are_rare_once_and_as_before_in_the_end():
    before = gc.get_threshold()

    with rare_collections(), rare_collections(), rare_collections():
        rare = gc.get_threshold()

    assert rare == (100 * before[0], *before[1:])
    assert gc.get_threshold() == before
