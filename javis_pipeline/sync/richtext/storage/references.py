"""Which issues a page speaks of."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple
from urllib.parse import unquote

from javis_pipeline.sync.richtext.storage.xhtml import Element, Text, parse_storage

_KEY = r"[A-Z][A-Z0-9_]+-[1-9][0-9]*"
_IN_TEXT = re.compile(rf"(?<![\w-]){_KEY}(?![\w-])")
_IN_URL = re.compile(rf"(?:/browse/|[?&]selectedIssue=|/issues/)({_KEY})(?![\w-])")
_SITE_PARAMETERS = frozenset({"server", "serverId", "columns", "columnIds", "maximumIssues"})
_JIRA_MACROS = frozenset({"jira", "jiraissues"})
# Their text is code or the macro's own business: a word there is no mention of an issue.
_NO_TEXT = frozenset({"ac:parameter", "ac:plain-text-body", "pre", "code"})


class IssueReference(NamedTuple):
    """A page's mention of an issue: by an issue macro, by a link to it, or by its key in the text."""

    key: str
    kind: Literal["macro", "link", "text"]


def issue_references(body: str | None) -> set[IssueReference]:
    """Every mention of something that looks like an issue key; the caller knows which projects there are.

    Raises:
        UnreadableText: The body is no storage XHTML.
    """
    found: set[IssueReference] = set()
    _collect(parse_storage(body or "").root, found, linked=False)
    return found


def _macro_texts(macro: Element) -> Iterator[str]:
    """The parameters of an issue macro that may name issues: a key, a query, an address."""
    for child in macro.children:
        if isinstance(child, Element) and child.attrs.get("ac:name") not in _SITE_PARAMETERS:
            yield child.text()


def _collect(element: Element, found: set[IssueReference], *, linked: bool) -> None:
    """Add the mentions inside an element; recursion ends where the parser's limit of nesting does."""
    if element.name in ("ac:structured-macro", "ac:macro") and element.attrs.get("ac:name") in _JIRA_MACROS:
        found |= {IssueReference(key, "macro") for text in _macro_texts(element) for key in _IN_TEXT.findall(text)}
        return
    urls = (element.attrs.get(name, "") for name in ("href", "ri:value"))
    keys = {key for url in urls for key in _IN_URL.findall(unquote(url))}
    found |= {IssueReference(key, "link") for key in keys}
    if element.name in _NO_TEXT:
        return
    linked = linked or bool(keys)
    for child in element.children:
        if isinstance(child, Element):
            _collect(child, found, linked=linked)
        elif isinstance(child, Text) and not linked:  # the text of a link to an issue is not one mention more
            found |= {IssueReference(key, "text") for key in _IN_TEXT.findall(child.value)}
