"""Long texts as far as people look at them."""

import tracemalloc

import pytest

from javis_pipeline.cli.conflicts import _excerpts
from javis_pipeline.cli.side_by_side import print_side_by_side
from javis_pipeline.records.excerpts import around_differences


def test_short_texts_stay_whole() -> None:
    assert around_differences(["a\nb", "a\nc"], most=10, most_lines=5) == ["a\nb", "a\nc"]


def test_long_texts_are_cut_around_what_differs() -> None:
    long = "same\n" * 100

    ours, theirs = around_differences([long + "ours\n" + long, long + "theirs\n" + long], most=500, most_lines=300)

    assert ours.startswith("…ours\nsame\n")
    assert theirs.startswith("…theirs\nsame\n")
    assert len(ours) < 300


def test_what_is_long_in_itself_is_cut() -> None:
    assert around_differences(["a" * 50, "b" * 50], most=10, most_lines=5) == ["a" * 10 + "…", "b" * 10 + "…"]
    assert around_differences(["a\n" * 50, ""], most=100, most_lines=2) == ["a\na…", ""]


def test_a_text_that_is_the_beginning_of_another_is_shown_from_its_end() -> None:
    shown = around_differences(["x" * 1000, "x" * 1000 + "more"], most=300, most_lines=5)

    assert shown == ["…" + "x" * 200, "…" + "x" * 200 + "more"]


@pytest.mark.parametrize("unit", ["<p>a paragraph</p>", "line\n"], ids=["one line", "lines"])
def test_a_conflict_of_ten_megabytes_is_shown_at_once_and_in_little_memory(
    unit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = unit * (10_000_000 // len(unit))
    values = [page, page[:7_000_000] + "ours" + page[7_000_000:], "theirs" + page]
    tracemalloc.start()

    print_side_by_side(*_excerpts(values))
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert used < 35_000_000  # 10 MB of a slice that is compared, and what is printed
    assert "theirs" in capsys.readouterr().out
