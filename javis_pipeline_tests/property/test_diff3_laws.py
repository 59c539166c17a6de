"""Laws of the three-way merge over random sequences of blocks."""

from hypothesis import given, settings
from hypothesis import strategies as st

from javis_pipeline.sync.richtext.diff3 import Merged, Overlap, edits, matches, merge3

# Few letters, so that equal blocks are frequent: empty paragraphs and rules repeat in real documents.
sequences = st.lists(st.sampled_from("abcde"), max_size=12)


@given(sequences, sequences)
def test_edits_turn_one_into_the_other(base: list[str], other: list[str]) -> None:
    result: list[str] = []
    done = 0
    for edit in edits(base, other):
        result += [*base[done : edit.start], *edit.new]
        done = edit.end

    assert result + base[done:] == other


@given(sequences, sequences)
def test_matches_rise_and_hold_equal_items(a: list[str], b: list[str]) -> None:
    a_at = b_at = 0
    for match in matches(a, b):
        assert match.length > 0
        assert match.a_at >= a_at
        assert match.b_at >= b_at
        a_at, b_at = match.a_at + match.length, match.b_at + match.length
        assert a[match.a_at : a_at] == b[match.b_at : b_at]


@given(sequences, sequences)
def test_the_only_edit_wins(base: list[str], a: list[str]) -> None:
    assert merge3(base, a, base) == Merged(tuple(a))
    assert merge3(base, base, a) == Merged(tuple(a))


@given(sequences, sequences)
def test_equal_edits_never_conflict(base: list[str], a: list[str]) -> None:
    assert merge3(base, a, a) == Merged(tuple(a))


@given(sequences, sequences, sequences)
def test_the_merge_is_symmetric(base: list[str], a: list[str], b: list[str]) -> None:
    one, other = merge3(base, a, b), merge3(base, b, a)

    if isinstance(one, Merged):
        assert one == other
    else:
        assert isinstance(other, Overlap)
        assert [(region.base, region.b, region.a) for region in one.regions] == [
            (region.base, region.a, region.b) for region in other.regions
        ]


@given(sequences, sequences, sequences)
def test_a_merge_keeps_every_item_that_somebody_added(base: list[str], a: list[str], b: list[str]) -> None:
    merged = merge3(base, [f"a-{item}" if at % 3 == 0 else item for at, item in enumerate(a)], b)

    if isinstance(merged, Merged):
        assert {item for item in merged.items if item.startswith("a-")} == {
            f"a-{item}" for at, item in enumerate(a) if at % 3 == 0
        }


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(["keep", "a edits", "a deletes", "a adds", "b edits", "b deletes", "b adds"]), max_size=20)
)
def test_edits_of_different_blocks_merge_to_what_applying_both_gives(actions: list[str]) -> None:
    base, a, b, both = [], [], [], []
    for number, action in enumerate(actions):
        side, _, verb = action.partition(" ")
        block = [f"block {number}"]
        changed = {"edits": [f"{side} {number}"], "deletes": [], "adds": [*block, f"{side} {number}"]}.get(verb, block)
        base += [*block, f"between {number}"]
        a += [*(changed if side == "a" else block), f"between {number}"]
        b += [*(changed if side == "b" else block), f"between {number}"]
        both += [*changed, f"between {number}"]

    assert merge3(base, a, b) == Merged(tuple(both))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(0, 4))
def test_different_edits_of_one_block_overlap(rest: list[int], at: int) -> None:
    base = [f"block {number}" for number, _ in enumerate(rest)]
    at %= len(base)

    merged = merge3(base, [*base[:at], "a", *base[at + 1 :]], [*base[:at], "b", *base[at + 1 :]])

    assert isinstance(merged, Overlap)
    assert [(region.base, region.a, region.b) for region in merged.regions] == [((base[at],), ("a",), ("b",))]
