"""Storage XHTML: what is equal, what is refused and where, what merges, what a page speaks of."""

from typing import Any

import pytest

from javis_pipeline.errors import UnreadableText
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.losses import Loss
from javis_pipeline.sync.richtext.storage import xhtml
from javis_pipeline.sync.richtext.storage.canonical import canonical_storage
from javis_pipeline.sync.richtext.storage.page import (
    Conflict,
    Merged,
    check_storage,
    lost_content,
    merge_pages,
    special_content,
)
from javis_pipeline.sync.richtext.storage.projection import storage_to_markdown
from javis_pipeline.sync.richtext.storage.references import IssueReference, issue_references
from javis_pipeline.sync.richtext.storage.xhtml import parse_storage
from javis_pipeline.sync.text_codecs import StorageText

CODE = (
    '<ac:structured-macro ac:name="code" ac:macro-id="1"><ac:parameter ac:name="language">sql</ac:parameter>'
    "<ac:plain-text-body><![CDATA[SELECT  1 &nbsp; <b>]]></ac:plain-text-body></ac:structured-macro>"
)
JIRA = (
    '<ac:structured-macro ac:name="jira"><ac:parameter ac:name="server">Site</ac:parameter>'
    '<ac:parameter ac:name="key">OPS-1</ac:parameter></ac:structured-macro>'
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("<p>a&nbsp;b</p>", "<p>a&#160;b</p>", id="named character"),
        pytest.param("<p>cafe\u0301</p>", "<p>café</p>", id="composed character"),
        pytest.param("<p></p><h1>x</h1>", "<p/><h1>x</h1>", id="empty element"),
        pytest.param('<p a="1" b="2">x</p>', "<p b='2'  a='1'>x</p>", id="attributes"),
        pytest.param('<p local-id="1">x</p>', '<p ac:local-id="2">x</p>', id="volatile ids"),
        pytest.param(
            "<ul><li>a</li><li>b</li></ul>", "<ul>\n  <li>a</li>\n  <li> b\n</li>\n</ul>", id="blanks between blocks"
        ),
        pytest.param("<p>a  b\n c</p>", "<p>a b c</p>", id="blanks in a line"),
        pytest.param("<p>x</p>", "<p><!-- note -->x</p>", id="comment"),
        pytest.param("", "<p />", id="nothing shown"),
        pytest.param(
            "<ac:layout><ac:layout-cell><p>a</p></ac:layout-cell></ac:layout>",
            '<ac:layout>\n<ac:layout-cell local-id="1"><p>a</p></ac:layout-cell></ac:layout>',
            id="columns",
        ),
    ],
)
def test_given_two_spellings_when_made_canonical_then_they_are_equal(one: str, other: str) -> None:
    assert canonical_storage(one) == canonical_storage(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(CODE, CODE.replace("SELECT  1", "SELECT 1"), id="blank in code"),
        pytest.param(CODE, CODE.replace("sql", "java"), id="parameter of a macro"),
        pytest.param("<pre>a  b</pre>", "<pre>a b</pre>", id="blank in pre"),
        pytest.param("<p><b>a</b> <i>b</i></p>", "<p><b>a</b><i>b</i></p>", id="blank between words"),
        pytest.param("<p>a&nbsp;</p>", "<p>a</p>", id="fixed blank"),
        pytest.param("<p>a <b>b</b></p>", "<p>a<b>b</b></p>", id="blank before bold"),
        pytest.param("<p>a</p><p>b</p>", "<p>a b</p>", id="two paragraphs"),
        pytest.param(f"<p>{JIRA} {JIRA}</p>", f"<p>{JIRA}{JIRA}</p>", id="blank between macros in a line"),
    ],
)
def test_given_two_contents_when_made_canonical_then_they_differ(one: str, other: str) -> None:
    assert canonical_storage(one) != canonical_storage(other)


@pytest.mark.parametrize(
    ("body", "message", "line", "column"),
    [
        pytest.param("<p>a</p>\n<p>b</q>", "mismatched tag", 2, 7, id="mismatched tag"),
        pytest.param("<p>&nbsp;&nbsp;</p>\n\n<p>&eacute;&bogus;</p>", "undefined entity", 3, 12, id="unknown entity"),
        pytest.param('<!DOCTYPE x [<!ENTITY a "b">]><p>&a;</p>', "document type", 1, 1, id="document type"),
        pytest.param("<p>a & b</p>", "not well-formed", 1, 7, id="bare ampersand"),
        pytest.param("<p><x:y/></p>", "prefix 'x'", 1, 4, id="unknown prefix"),
        pytest.param("<p>open", "mismatched tag|no element", 1, 8, id="open element"),
        pytest.param("</storage><p/>", "junk", 1, 11, id="closes more than it opened"),
        pytest.param("<p>\x00</p>", "not well-formed", 1, 4, id="control character"),
        pytest.param("<p>\ud800</p>", "half a character", 1, 4, id="lone surrogate"),
    ],
)
def test_given_a_malformed_body_when_checked_then_the_error_names_the_place(
    body: str, message: str, line: int, column: int
) -> None:
    with pytest.raises(UnreadableText, match=message) as caught:
        check_storage(body)

    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("<p>" + "a" * 5_000_001 + "</p>", "at most 5,000,000", id="too large"),
        pytest.param("<div>" * 1000 + "</div>" * 1000, "nested deeper", id="too deep"),
    ],
)
def test_given_too_much_when_checked_then_it_is_refused(body: str, message: str) -> None:
    with pytest.raises(UnreadableText, match=message):
        check_storage(body)


def test_given_columns_when_split_then_what_is_inside_are_blocks() -> None:
    body = (
        '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>a</p>\n<p>b</p></ac:layout-cell>'
        "<ac:layout-cell><p>c</p></ac:layout-cell></ac:layout-section></ac:layout>"
    )

    texts = [piece.text for piece in parse_storage(body).slices]

    assert [text for text in texts if text.startswith("<p")] == ["<p>a</p>", "<p>b</p>", "<p>c</p>"]
    assert merge_pages(body, body.replace("a</p>", "A</p>"), body.replace("c</p>", "C</p>")) == Merged(
        body.replace("a</p>", "A</p>").replace("c</p>", "C</p>")
    )


def test_given_a_paragraph_edited_locally_when_merged_then_the_rest_is_the_remotes_bytes() -> None:
    base = f'<p local-id="1">One</p>\n{CODE}\n<p>Two</p>'
    remote = base.replace('local-id="1"', 'local-id="9"').replace('macro-id="1"', 'macro-id="9"')

    merged = merge_pages(base, base.replace("Two", "Two, edited"), remote)

    assert merged == Merged(remote.replace("Two", "Two, edited"))


@pytest.mark.parametrize(
    ("local", "remote", "kind"),
    [
        pytest.param("<p>a</p><p>local</p>", "<p>a</p><p>remote</p>", "overlap", id="one block twice"),
        pytest.param("<p>a</p><p>b", "<p>a</p><p>b</p><p>c</p>", "unreadable", id="malformed local"),
    ],
)
def test_given_edits_that_do_not_go_together_when_merged_then_it_is_a_conflict(
    local: str, remote: str, kind: str
) -> None:
    merged = merge_pages("<p>a</p><p>b</p>", local, remote)

    assert isinstance(merged, Conflict)
    assert merged.kind == kind
    assert merged.reason


def test_given_a_task_that_one_ticks_and_one_rewords_when_merged_then_it_is_both() -> None:
    base = (
        "<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>incomplete</ac:task-status>"
        "<ac:task-body>Order parts</ac:task-body></ac:task></ac:task-list>"
    )

    merged = merge_pages(base, base.replace("incomplete", "complete"), base.replace("Order", "Buy"))

    assert merged == Merged(base.replace("incomplete", "complete").replace("Order", "Buy"))


def test_given_one_cell_that_both_sides_edit_when_merged_then_it_is_a_conflict_of_one_place() -> None:
    base = "<table><tbody><tr><td>a</td><td><p>b</p></td></tr></tbody></table>"

    merged = merge_pages(base, base.replace(">b<", ">ours<"), base.replace(">b<", ">theirs<"))

    assert merged == Conflict("overlap", "both sides changed the same block of the page")


def test_given_content_that_is_gone_when_checked_then_each_is_told() -> None:
    marker = '<ac:inline-comment-marker ac:ref="c1">text</ac:inline-comment-marker>'
    user = '<ac:link><ri:user ri:account-id="u1"/></ac:link>'
    picture = '<ac:image><ri:attachment ri:filename="plan.png"/></ac:image>'
    task = "<ac:task-list><ac:task><ac:task-id>3</ac:task-id><ac:task-body>do</ac:task-body></ac:task></ac:task-list>"
    before = f"<p>{marker}{user}{picture}</p>{task}{CODE}"

    lost = lost_content(before, "<p>text</p>", special_content(f"<p>{user}</p>"))

    assert [special.shown for special in lost] == [
        "the attachment plan.png",
        "an inline comment",
        "the macro code",
        "a task",
    ]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param(f"<p>{JIRA}</p>", {("OPS-1", "macro")}, id="issue macro"),
        pytest.param(
            JIRA.replace("key", "jqlQuery").replace("OPS-1", "key in (OPS-1, OPS-2)"),
            {("OPS-1", "macro"), ("OPS-2", "macro")},
            id="query macro",
        ),
        pytest.param(
            '<p><a href="https://x.invalid/browse/OPS-3?a=b" data-card-appearance="inline">OPS-3</a></p>',
            {("OPS-3", "link")},
            id="smart link",
        ),
        pytest.param(
            '<p><a href="https://x.invalid/board?selectedIssue=OPS-4&amp;v=1">board</a></p>',
            {("OPS-4", "link")},
            id="board link",
        ),
        pytest.param(
            "<h1>About OPS-5</h1><p>and (OPS-6), not OPS-07, xOPS-8, OPS-9-1</p>",
            {("OPS-5", "text"), ("OPS-6", "text")},
            id="text",
        ),
        pytest.param(CODE.replace("SELECT", "OPS-1") + "<pre>OPS-2</pre><p><code>OPS-3</code></p>", set(), id="code"),
        pytest.param(None, set(), id="no body"),
    ],
)
def test_given_a_page_when_read_then_the_issues_it_speaks_of_are_found(body: str | None, found: Any) -> None:
    assert issue_references(body) == {IssueReference(*reference) for reference in found}


@pytest.mark.parametrize(
    ("body", "markdown"),
    [
        pytest.param(
            "<h2>Title</h2><p>a <strong>b</strong> &amp; <em>c</em><br/>\n d</p>",
            "## Title\n\na **b** & _c_\\\nd",
            id="text",
        ),
        pytest.param("<ul><li>a<ol><li>b</li></ol></li><li><p>c</p></li></ul>", "- a\n  1. b\n- c", id="lists"),
        pytest.param(CODE, "```sql\nSELECT  1 &nbsp; <b>\n```", id="code"),
        pytest.param(
            "<table><tbody><tr><th>a</th></tr><tr><td><p>1</p></td></tr></tbody></table>",
            "| a |\n| --- |\n| 1 |",
            id="table",
        ),
        pytest.param(
            '<ac:macro ac:name="warning"><ac:rich-text-body><p>x</p></ac:rich-text-body></ac:macro>',
            "::: panel: warning\nx\n:::",
            id="panel",
        ),
        pytest.param(f"<p>See {JIRA}.</p>", "See OPS-1.", id="issue"),
        pytest.param(
            '<p><ac:link><ri:user ri:account-id="u1"/></ac:link> '
            '<ac:link><ri:page ri:content-title="Home"/></ac:link></p>',
            "{@u1} Home",
            id="links",
        ),
        pytest.param(
            "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>"
            "<ac:task-body>do</ac:task-body></ac:task></ac:task-list>",
            "- [x] do",
            id="tasks",
        ),
        pytest.param(
            "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>a"
            "<ac:task-list><ac:task><ac:task-id>2</ac:task-id><ac:task-status>incomplete</ac:task-status>"
            "<ac:task-body>b</ac:task-body></ac:task></ac:task-list></ac:task-body></ac:task></ac:task-list>",
            "- [x] a\n  - [ ] b",
            id="tasks below a task",
        ),
        pytest.param(
            '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">custom</ac:adf-attribute>'
            "<ac:adf-content><p>Once</p></ac:adf-content></ac:adf-node>"
            "<ac:adf-fallback><div><p>Once</p></div></ac:adf-fallback></ac:adf-extension>",
            "::: panel: custom\nOnce\n:::",
            id="custom panel",
        ),
        pytest.param('<ol start="4"><li>a</li><li>b</li></ol>', "4. a\n5. b", id="start of a list"),
        pytest.param(
            '<ac:image><ri:attachment ri:filename="x.png"/><ac:caption><p>The plan</p></ac:caption></ac:image>',
            "{image: x.png} The plan",
            id="caption",
        ),
        pytest.param(
            '<p><ac:structured-macro ac:name="profile"><ac:parameter ac:name="user"><ri:user ri:account-id="u7"/>'
            "</ac:parameter></ac:structured-macro></p>",
            "{@u7}",
            id="profile",
        ),
        pytest.param("<p />", None, id="empty"),
    ],
)
def test_given_a_page_when_shown_then_a_person_can_read_it(body: str, markdown: str | None) -> None:
    assert storage_to_markdown(body) == markdown


MACRO = '<p>a</p><ac:structured-macro ac:name="toc" /><p>b</p>'


def test_given_a_body_without_a_macro_that_is_there_when_asked_then_it_says_what_goes() -> None:
    codec = StorageText()

    assert list(codec.loses("<p>a</p><p>b</p>", MACRO)) == [Loss("macro", "the macro toc", 1)]
    assert list(codec.loses(MACRO, MACRO)) == []
    assert list(codec.loses(None, "<p>")) == []


def test_given_long_pages_when_merged_sent_and_compared_then_each_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    start = xhtml._Parser.__init__

    def counting(parser: Any, source: bytes) -> None:
        read.append(source)
        start(parser, source)

    monkeypatch.setattr(xhtml._Parser, "__init__", counting)
    rows = "".join(f"<tr><td><p>read once {at}</p></td><td><p>right {at}</p></td></tr>" for at in range(200))
    base = f"<table><tbody>{rows}</tbody></table>"
    ours, theirs = base.replace("read once 7<", "ours<"), base.replace("right 190<", "theirs<")
    codec = StorageText()

    merged = codec.merge(base, base, ours, theirs)
    assert merged is not None
    sent = codec.to_remote(merged.text, base=theirs, base_raw=theirs, catalog=Catalog(), lossy=False)

    assert sent == theirs.replace("read once 7<", "ours<")
    assert codec.canonical(sent) != codec.canonical(theirs) != codec.canonical(base)
    assert sorted(len(source) for source in read) == sorted(len(str(text)) for text in (base, ours, theirs, sent))
