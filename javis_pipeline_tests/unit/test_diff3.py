"""Which edits merge and which overlap."""

import pytest

from javis_pipeline.sync.richtext.diff3 import Merged, Overlap, merge3


@pytest.mark.parametrize(
    ("base", "a", "b", "merged"),
    [
        pytest.param("123", "x23", "12y", "x2y", id="different blocks"),
        pytest.param("123", "x23", "1y3", "xy3", id="neighbours"),
        pytest.param("123", "23", "1y3", "y3", id="deleted beside edited"),
        pytest.param("123", "13", "13", "13", id="both deleted the same"),
        pytest.param("123", "1x23", "1x23", "1x23", id="both added the same"),
        pytest.param("123", "x123", "123y", "x123y", id="added at both ends"),
        pytest.param("123", "213", "12y", "21y", id="moved before edited"),
        pytest.param("123", "1x23", "1y3", "1xy3", id="added before edited"),
        pytest.param("123", "1y3", "12x3", "1yx3", id="added behind edited"),
        pytest.param("", "", "y", "y", id="first block"),
    ],
)
def test_given_edits_apart_when_merged_then_both_are_in_it(base: str, a: str, b: str, merged: str) -> None:
    assert merge3(base, a, b) == Merged(tuple(merged))


@pytest.mark.parametrize(
    ("base", "a", "b"),
    [
        pytest.param("123", "1x3", "1y3", id="one block edited twice"),
        pytest.param("123", "1x3", "13", id="edited and deleted"),
        pytest.param("123", "1x23", "1y23", id="two additions in one place"),
        pytest.param("123", "1x23", "1yz3", id="additions that touch"),
        pytest.param("", "x", "y", id="two first blocks"),
    ],
)
def test_given_edits_that_meet_when_merged_then_they_overlap(base: str, a: str, b: str) -> None:
    assert isinstance(merge3(base, a, b), Overlap)


def test_given_thousands_of_equal_blocks_when_merged_then_it_is_found_out() -> None:
    base = ["same"] * 3000

    merged = merge3(base, base[:-1], [*base[:1500], "new", *base[1500:]])

    assert merged == Merged((*base[:1500], "new", *base[1500:-1]))
