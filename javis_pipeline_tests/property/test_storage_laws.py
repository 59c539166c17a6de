"""Laws of storage XHTML: exact sources, one canonical spelling, merges by block, nothing lost, no error but our own."""

import contextlib
import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext.storage.canonical import canonical_storage, storage_blocks
from javis_pipeline.sync.richtext.storage.page import Conflict, Merged, lost_content, merge_pages, special_content
from javis_pipeline.sync.richtext.storage.projection import storage_to_markdown
from javis_pipeline.sync.richtext.storage.references import issue_references
from javis_pipeline.sync.richtext.storage.xhtml import join_slices, parse_storage

texts = st.sampled_from(
    ["Plain", "a &amp; b", "caf&eacute;", "日本 😀", "x&nbsp;y", "a  b\n c", "&lt;p&gt;", "OPS-7 is done"]
)
ids = st.integers(1, 99)


def _block(kind: int, text: str, number: int) -> str:
    """A block of storage XHTML with everything in it that must not get lost."""
    return [
        f'<p local-id="l{number}">{text}</p>',
        f"<h{number % 6 + 1}>{text}</h{number % 6 + 1}>",
        f'<ac:structured-macro ac:name="code" ac:macro-id="m{number}"><ac:parameter ac:name="title">t</ac:parameter>'
        f"<ac:plain-text-body><![CDATA[a &nbsp;  <b>\n\n {number}]]></ac:plain-text-body></ac:structured-macro>",
        f'<p>{text} <ac:link><ri:user ri:account-id="u{number}" /></ac:link>!</p>',
        f'<ac:image ac:height="{number}"><ri:attachment ri:version-at-save="1" ri:filename="{number}" /></ac:image>',
        f"<ul><li>{text}</li><li><p>{number}</p></li></ul>",
        f'<p><ac:inline-comment-marker ac:ref="c{number}">{text}</ac:inline-comment-marker> after</p>',
        "<table><tbody><tr><th>a</th><td>" + text + "</td></tr></tbody></table>",
        f"<ac:task-list><ac:task><ac:task-id>{number}</ac:task-id><ac:task-status>incomplete</ac:task-status>"
        f"<ac:task-body>{text}</ac:task-body></ac:task></ac:task-list>",
        f'<ac:macro ac:name="info"><ac:rich-text-body><p>{text}</p></ac:rich-text-body></ac:macro>',
        f"{text} <strong>in no paragraph {number}</strong>",
        "<hr />",
        f"<pre>  kept \n {text}</pre>",
    ][kind]


blocks = st.builds(_block, st.integers(0, 12), texts, ids)
gaps = st.sampled_from(["", "\n", "\n\n  ", " "])
# Neighbours that stand within a line would be one block: a rule between them keeps each for itself.
bodies = st.lists(st.tuples(gaps, blocks), max_size=8).map(
    lambda pieces: [piece for gap, block in pieces for piece in (f"{gap}{block}", "<hr/>")]
)


@given(bodies, gaps)
def test_the_blocks_are_the_source_character_by_character(pieces: list[str], tail: str) -> None:
    body = "".join(pieces) + tail

    page = parse_storage(body)

    assert join_slices(page.slices, page.tail) == body
    assert [piece.text for piece in page.slices] == [piece.strip() for piece in pieces]


@given(bodies)
def test_what_the_server_rewrites_is_equal(pieces: list[str]) -> None:
    body = "".join(pieces)
    rewritten = "\n".join(pieces)
    rewritten = re.sub(r'(ac:macro-id|local-id|ri:version-at-save)="[^"]*"', r'\1="new"', rewritten)
    rewritten = rewritten.replace("&eacute;", "é").replace("&nbsp;y", "&#160;y").replace(" />", "/>")
    rewritten = re.sub(r"<ac:image (\S+)>", r'<ac:image  ac:local-id="x" \1 >', rewritten)

    assert canonical_storage(rewritten) == canonical_storage(body)


@given(bodies, bodies)
def test_different_blocks_are_different(one: list[str], other: list[str]) -> None:
    same_blocks = [block.canonical for block in storage_blocks("".join(one))] == [
        block.canonical for block in storage_blocks("".join(other))
    ]

    assert (canonical_storage("".join(one)) == canonical_storage("".join(other))) == same_blocks


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), texts), min_size=1, max_size=8), st.data())
def test_edits_of_different_blocks_merge_to_what_applying_both_gives(
    kinds: list[tuple[int, str]], data: st.DataObject
) -> None:
    # Each anchor once: of two that are the same, one side alone removes none.
    pieces = [_block(kind, text, at) for at, (kind, text) in enumerate(kinds)]
    verbs = data.draw(
        st.lists(
            st.sampled_from(["keep", "local edits", "remote edits", "local deletes", "remote deletes", "remote adds"]),
            min_size=len(pieces),
            max_size=len(pieces),
        )
    )
    base, local, remote, both = "", "", "", ""
    for at, (piece, verb) in enumerate(zip(pieces, verbs, strict=True)):
        side, _, what = verb.partition(" ")
        new = {"edits": f"<p>{side} {at}</p>", "deletes": "", "adds": f"{piece}<p>{side} {at}</p>"}.get(what, piece)
        mark = f"<h2>between {at}</h2>"
        base += piece + mark
        local += (new if side == "local" else piece) + mark
        remote += (new if side == "remote" else piece) + mark
        both += new + mark

    assert merge_pages(base, local, remote) == Merged(both)


@settings(deadline=None)
@given(bodies, bodies)
def test_the_only_edit_wins_byte_for_byte(base: list[str], other: list[str]) -> None:
    merged = merge_pages("".join(base), "".join(base), "".join(other))

    assert merged == Merged("".join(other))


@settings(deadline=None)
@given(bodies, bodies, bodies)
def test_no_merge_loses_what_nobody_removed_or_holds_markers(
    base: list[str], local: list[str], remote: list[str]
) -> None:
    before, ours, theirs = "".join(base), "".join(local), "".join(remote)

    merged = merge_pages(before, ours, theirs)

    if isinstance(merged, Conflict):
        assert merged.reason
    else:
        assert lost_content(theirs, merged.body, special_content(before) - special_content(ours)) == []
        assert "<<<<<<<" not in merged.body
        parse_storage(merged.body)


@settings(max_examples=200, deadline=None)
@given(bodies, st.data())
def test_a_damaged_body_is_refused_with_its_place_or_read(pieces: list[str], data: st.DataObject) -> None:
    body = "".join(pieces)
    at = data.draw(st.integers(0, len(body)))
    body = (
        body[:at]
        + data.draw(st.text('<>&;/"a:=\x00\ud800!-[]', max_size=4))
        + body[at + data.draw(st.integers(0, 3)) :]
    )

    with contextlib.suppress(UnreadableText):
        assert join_slices(*parse_storage(body)[1:]) == body
        canonical_storage(body)
        special_content(body)
        issue_references(body)
        storage_to_markdown(body)


# --- inside containers ------------------------------------------------------------------------------------------------


@st.composite
def nested(draw: st.DrawFn) -> tuple[str, int]:
    """Containers three deep in a body in which each of so many words, `w0x`, `w1x`, ..., stands once."""
    numbers = itertools.count()

    def word() -> str:
        return f"w{next(numbers)}x"

    def task() -> str:
        return (
            f"<ac:task>\n<ac:task-id>{next(numbers)}</ac:task-id><ac:task-status>incomplete</ac:task-status>"
            f"<ac:task-body>{word()}</ac:task-body></ac:task>"
        )

    def block(depth: int) -> str:
        kind = draw(st.integers(0, 5)) if depth else 5
        match kind:
            case 0:
                rows = [f'<tr>\n<td class="c">{block(depth - 1)}</td><th>{word()}</th></tr>' for _ in range(2)]
                return f"<table><tbody>{''.join(rows)}</tbody></table>"
            case 1:
                return f"<ul><li>{word()}{block(depth - 1)}</li>\n <li>{word()}</li></ul>"
            case 2:
                return f"<ac:task-list>{task()}\n{task()}</ac:task-list>"
            case 3:
                return (
                    '<ac:structured-macro ac:name="panel" ac:macro-id="m"><ac:parameter ac:name="title">t'
                    f"</ac:parameter>\n<ac:rich-text-body>{block(depth - 1)}</ac:rich-text-body></ac:structured-macro>"
                )
            case 4:
                return f"<blockquote>{block(depth - 1)}\n{block(depth - 1)}</blockquote>"
            case _:
                return f'<p local-id="l">{word()} <b>and</b></p>'

    body = "\n".join(block(3) for _ in range(2))
    return body, next(numbers)


@settings(deadline=None, max_examples=60)
@given(nested(), st.data())
def test_edits_of_different_words_inside_of_containers_merge_byte_for_byte(
    made: tuple[str, int], data: st.DataObject
) -> None:
    base, count = made
    words = [word for word in (f"w{number}x" for number in range(count)) if word in base]
    sides = data.draw(st.lists(st.sampled_from(["", "local", "remote"]), min_size=len(words), max_size=len(words)))
    local, remote, both = base, base.replace('"m"', '"n"'), base.replace('"m"', '"n"')
    for word, side in zip(words, sides, strict=True):
        if side == "local":
            local, both = local.replace(word, word + " ours"), both.replace(word, word + " ours")
        elif side == "remote":
            remote, both = remote.replace(word, word + " theirs"), both.replace(word, word + " theirs")
    local = local.replace('"m"', '"k"')  # an editor that saves the page spells anew what nobody touched

    assert merge_pages(base, local, remote) == Merged(both)


@pytest.mark.parametrize(
    ("local", "remote"),
    [
        pytest.param("abcX", "abc", id="moved here, deleted there"),
        pytest.param("abc", "abcX", id="deleted here, moved there"),
        pytest.param("abcX", "abXc", id="moved to two places"),
        pytest.param("abc[X]", "abc", id="moved into a quote, deleted there"),
        pytest.param("abcY", "abc", id="moved and edited here, deleted there"),
        pytest.param("abc", "abcY", id="deleted here, moved and edited there"),
    ],
)
def test_a_block_that_was_moved_and_deleted_or_moved_twice_is_a_conflict(local: str, remote: str) -> None:
    def page(letters: str) -> str:
        parts = {"[": "<blockquote><p>new</p>", "]": "</blockquote>"}
        return "".join(parts.get(letter, f"<p>{letter} is what it says</p>") for letter in letters)

    merged = merge_pages(page("aXbc"), page(local), page(remote))

    assert isinstance(merged, Conflict)
    assert merged.kind == "overlap"


def test_a_block_that_both_sides_moved_to_one_place_stands_there_once() -> None:
    moved = "<p>a</p><p>b</p><p>X</p>"

    assert merge_pages("<p>X</p><p>a</p><p>b</p>", moved, moved) == Merged(moved)
