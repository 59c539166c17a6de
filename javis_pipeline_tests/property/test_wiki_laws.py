"""Laws of wiki markup: exact blocks, line ends that say nothing, merges by block, nothing lost, no error at all."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from javis_pipeline.sync.richtext.wiki.blocks import split_wiki
from javis_pipeline.sync.richtext.wiki.lines import join_lines, one_line_end, split_lines, with_ends_of
from javis_pipeline.sync.richtext.wiki.merge import merge_wiki

ENDS = ["\n", "\r\n", "\r"]
pieces = st.sampled_from(
    [
        *ENDS,
        *(
            "\n\n",
            "\r\n\r\n",
            " ",
            "\t",
            "word",
            "h1. Head",
            "bq. said",
            "----",
            "* one",
            "** two",
            "# three",
            "- four",
        ),
        *("||a||b||", "|a|b|", "|", "[x|y]", "!i.png|w=1!", "\\|", "\\{", "{{code}}", "[~ann]", "{", "}", "[", "!"),
        *("{code}", "{code:java}", "{noformat}", "{quote}", "{panel:title=x}", "{panel}", "{color:red}", "{color}"),
        *("{expand}", "{anchor:x}", "{toc}", "{view}", "{id}", "日本 😀", "\x0b", "\u2028", "\x85"),
    ]
)
markup = st.lists(pieces, max_size=14).map("".join)
any_text = markup | st.text(max_size=60)


@given(any_text)
def test_the_blocks_are_the_text_byte_for_byte(text: str) -> None:
    assert "".join(join_lines(block.source) for block in split_wiki(text)) == text
    assert "\n".join(block.canonical for block in split_wiki(text)) == one_line_end(text)


@given(any_text)
def test_how_lines_end_makes_no_other_blocks(text: str) -> None:
    blocks = split_wiki(text)

    for end in ENDS:
        assert split_wiki(end.join(line.text for line in split_lines(text))) == blocks


@given(any_text, any_text)
def test_line_ends_are_taken_over_and_nothing_else(text: str, model: str) -> None:
    as_there = with_ends_of(text, model)

    assert one_line_end(as_there) == one_line_end(text)
    assert with_ends_of(one_line_end(model), model) == model
    known = {line.end for line in split_lines(model)} - {""}
    assert not known or {line.end for line in split_lines(as_there)} <= {"", "\r\n", *known}


@given(any_text, any_text)
def test_the_only_edit_wins(base: str, other: str) -> None:
    assert merge_wiki(base, base, other) == other
    assert merge_wiki(base, other, other) == other
    mine = merge_wiki(base, other, base)
    assert mine == with_ends_of(other, base)


@given(any_text, any_text, any_text)
def test_a_merge_holds_what_each_side_wrote(base: str, local: str, remote: str) -> None:
    merged = merge_wiki(base, local, remote)

    if merged is not None:
        held = _words(merged)
        for side in (local, remote):
            assert not (_words(side) - _words(base)) - held


def _words(text: str) -> Counter[str]:
    """Lines without bars: cells of a row are merged one by one."""
    return Counter(part for line in split_lines(text) if "|" not in line.text for part in [line.text] if part.strip())


class Text(NamedTuple):
    """Blocks with what stands between two of them, put together by a rule of its own: the oracle knows no markup."""

    blocks: Sequence[str]
    between: str

    def text(self, edits: dict[int, Sequence[str]], end: str) -> str:
        blocks = [block for at, old in enumerate(self.blocks) for block in edits.get(at, [old])]
        return self.between.join(blocks).replace("\n", end)


SHAPES = {
    "paragraphs": ("Paragraph {}\nof two lines", "\n\n"),
    "code": ("{{code:java}}\nint x{} = 1;\n\n# no list\n|no|row|\n{{code}}", "\n\n"),
    "noformat": ("{{noformat}}\n{}\n\n  * x\n{{noformat}}", "\n"),
    "panels": ("{{panel:title=P{}}}\nh1. inside\n\n{{code}}\n{{panel}}\n{{code}}\n{{panel}}", "\n"),
    "quotes": ("{{quote}}\nsaid {}\n\nand more\n{{quote}}", "\n"),
    "colors": ("{{color:red}}red {}\n\nstill red{{color}}", "\n\n"),
    "macros": ("{{jira-chart:x={}}}\na\n\nb\n{{jira-chart}}", "\n\n"),
    "headings": ("h2. Head {}", "\n"),
    "items": ("* item {}\nof two lines", "\n"),
    "numbers": ("## item {}", "\n"),
    "rows": ("|a{}|b [x|y]|c\nd|", "\n"),
    "quoted": ("bq. said {}", "\n"),
}


Edits = dict[int, Sequence[str]]


@st.composite
def edited_texts(draw: st.DrawFn) -> tuple[Text, Edits, Edits]:
    """A text, and edits of each side in blocks of its own: changed, gone, or with another one before or after it."""
    shape, between = SHAPES[draw(st.sampled_from(sorted(SHAPES)))]
    blocks = [shape.format(number) for number in range(1, 7)]
    owners = draw(st.lists(st.sampled_from([None, 0, 1]), min_size=6, max_size=6))
    sides: tuple[Edits, Edits] = ({}, {})
    for at, owner in enumerate(owners):
        if owner is None:
            continue
        new = shape.format(f"7{at}")
        # Of neighbours that two people change, neither may come or go: who knows in which order?
        touches = any(next_to in (0, 1) and next_to != owner for next_to in owners[max(at - 1, 0) : at + 2])
        ways = [[new]] if touches else [[new], [blocks[at], new], [new, blocks[at]], []]
        sides[owner][at] = draw(st.sampled_from(ways))
    return Text(blocks, between), *sides


@given(edited_texts(), st.sampled_from(ENDS[:2]), st.sampled_from(ENDS[:2]), st.sampled_from(ENDS[:2]))
def test_edits_of_different_blocks_both_arrive(
    edited: tuple[Text, Edits, Edits], base_end: str, local_end: str, remote_end: str
) -> None:
    text, local, remote = edited

    merged = merge_wiki(text.text({}, base_end), text.text(local, local_end), text.text(remote, remote_end))

    assert merged is not None
    if remote_end in text.text(remote, remote_end):
        assert merged == text.text({**local, **remote}, remote_end)
    else:
        assert one_line_end(merged) == text.text({**local, **remote}, "\n")


@given(st.sampled_from(sorted(SHAPES)), st.integers(0, 5), st.sampled_from(ENDS[:2]))
def test_two_edits_of_a_block_are_no_merge(name: str, at: int, end: str) -> None:
    shape, between = SHAPES[name]
    text = Text([shape.format(number) for number in range(1, 7)], between)

    mine, theirs = text.text({at: [shape.format(8)]}, "\n"), text.text({at: [shape.format(9)]}, end)

    assert merge_wiki(text.text({}, end), mine, theirs) is None


@given(st.integers(2, 5), st.data())
def test_edits_of_different_cells_both_arrive(width: int, data: st.DataObject) -> None:
    cells = [data.draw(st.sampled_from([f"c{at}", f"[c|{at}]", f"!c|w={at}!", f"{{c:{at}|x}}"])) for at in range(width)]
    mine, theirs = data.draw(st.permutations(range(width)).map(lambda order: order[:2]))
    bar = data.draw(st.sampled_from(["|", "||"]))

    def row(**changed: str) -> str:
        return f"above\n{bar}" + bar.join(changed.get(f"at{at}", cell) for at, cell in enumerate(cells)) + bar

    edits = {f"at{mine}": "mine [a|b]", f"at{theirs}": "theirs\r\non two lines"}
    merged = merge_wiki(row(), row(**{f"at{mine}": "mine [a|b]"}), row(**{f"at{theirs}": "theirs\non two lines"}))

    assert merged == row(**edits).replace("\r", "")
    assert merge_wiki(row(), row(**{f"at{mine}": "one"}), row(**{f"at{mine}": "other"})) is None


PIECES = (
    *("{a:", "{a}", "{quote}", "{color:red}", "{code}", "{code:x}", "{q}{r}", "{view}\n", "{quote}\n{panel}\n", "{{"),
    *("|", "[", "!x", "\\", "\r", "\n", "* x\n", "|a\n", "h1. x\r", "-", " "),
)


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (10_000 // len(piece))
    started = time.process_time()

    merge_wiki(text, f"before\n{text}", f"{text}\nafter")

    assert time.process_time() - started < 3.0
