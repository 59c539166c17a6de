"""Which issues a page speaks of."""

import re
from collections.abc import Collection
from typing import Literal, NamedTuple
from urllib.parse import unquote
from xml.parsers import expat

from javis_pipeline.errors import UnreadableText

_KEY = r"[A-Z][A-Z0-9_]+-[1-9][0-9]*"
_IN_TEXT = re.compile(rf"(?<![\w-]){_KEY}(?![\w-])")
_IN_URL = re.compile(rf"(?:/browse/|[?&]selectedIssue=|/issues/)({_KEY})(?![\w-])")
# Begins with what is rare, which is searched for much faster.
_ANY_KEY = re.compile(r"-(?<=[A-Z0-9_]-)[1-9]")
_SITE_PARAMETERS = frozenset({"server", "serverId", "columns", "columnIds", "maximumIssues"})
_JIRA_MACROS = frozenset({"jira", "jiraissues"})
_MACROS = frozenset({"ac:structured-macro", "ac:macro"})
# Their text is code or the macro's own business: a word there is no mention of an issue.
_NO_TEXT = frozenset({"ac:parameter", "ac:plain-text-body", "pre", "code"})
# HTML's named characters, which XML does not know. None of them is a part of a key or of an address of an issue.
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]*;")


class IssueReference(NamedTuple):
    """A page's mention of an issue: by an issue macro, by a link to it, or by its key in the text."""

    key: str
    kind: Literal["macro", "link", "text"]


def issue_references(body: str | None, projects: Collection[str] | None = None) -> set[IssueReference]:
    """The mentions of issues in a page. First loads ask this of every page, so no tree is made.

    Args:
        body: Storage XHTML.
        projects: Keys of the projects whose issues count when only their key stands in the text: "UTF-8" looks like a
            key as well. None for all.

    Raises:
        UnreadableText: The body is not well-formed.
    """
    if not body or _ANY_KEY.search(body) is None:
        return set()
    reader = _Reader()
    reader.read(body)
    return {
        found
        for found in reader.found
        if found.kind != "text" or projects is None or found.key.rpartition("-")[0] in projects
    }


class _Reader:
    """One reading of a page. Depths are numbers of open elements, 0 for outside."""

    def __init__(self) -> None:
        self.found: set[IssueReference] = set()
        self._depth = 0
        self._macro_at = 0  # depth of the issue macro around
        self._counts = False  # whether the parameter around may name issues
        self._silent_at = 0  # depth of the outermost element around whose text does not count
        self._linked_at = 0  # the same for a link to an issue: its text is not one mention more

    def read(self, body: str) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(f"<page>{_NAMED.sub(' ', body)}</page>".encode(errors="replace"), True)
        except expat.ExpatError as error:
            raise UnreadableText(f"the page body is no storage XHTML: {expat.ErrorString(error.code)}") from error

    def _start(self, name: str, attrs: dict[str, str]) -> None:
        self._depth += 1
        if self._macro_at:
            if self._depth == self._macro_at + 1:
                self._counts = attrs.get("ac:name") not in _SITE_PARAMETERS
        elif not self._silent_at:
            if name in _MACROS and attrs.get("ac:name") in _JIRA_MACROS:
                self._macro_at, self._counts = self._depth, False
                return
            if attrs:
                self._link(attrs)
            if name in _NO_TEXT:
                self._silent_at = self._depth

    def _link(self, attrs: dict[str, str]) -> None:
        for name in ("href", "ri:value"):
            url = attrs.get(name)
            if url and (keys := _IN_URL.findall(unquote(url))):
                self.found.update(IssueReference(key, "link") for key in keys)
                self._linked_at = self._linked_at or self._depth

    def _end(self, _name: str) -> None:
        if self._depth == self._macro_at:
            self._macro_at = 0
        if self._depth == self._silent_at:
            self._silent_at = 0
        if self._depth == self._linked_at:
            self._linked_at = 0
        self._depth -= 1

    def _text(self, text: str) -> None:
        if self._macro_at:
            if self._counts:
                self.found.update(IssueReference(key, "macro") for key in _IN_TEXT.findall(text))
        elif not self._silent_at and not self._linked_at and "-" in text:
            self.found.update(IssueReference(key, "text") for key in _IN_TEXT.findall(text))
