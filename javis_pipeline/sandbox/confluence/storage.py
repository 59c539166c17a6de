"""What Confluence does to a storage-format body before it keeps it.

Storage format is strict XHTML with the prefixes `ac:`, `ri:` and `at:`. The server never keeps the bytes it was sent:
it parses and writes anew, which sorts attributes, spells characters as entities, closes empty elements in its own way,
drops comments, unwraps a paragraph that stands directly inside another, and gives ids to what has none. CDATA (the body
of code macros) is kept byte for byte.
"""

import html
import re
from collections.abc import Callable
from html.entities import codepoint2name, html5
from xml.parsers import expat

_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_NAMED_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_TAG_OR_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>|<[^>]*>", re.DOTALL)
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ROOT = "sandbox-root"

# The id that the server adds to an element which has none of its own.
_ID_ATTRIBUTE = {
    "ac:structured-macro": "ac:macro-id",
    "table": "ac:local-id",
    **dict.fromkeys(("p", "h1", "h2", "h3", "h4", "h5", "h6"), "local-id"),
}
_VERSIONED_REFERENCES = frozenset({"ri:page", "ri:attachment"})


class MalformedStorage(ValueError):
    """The body is not well-formed; the message reads as Confluence words it."""


def rewrite(body: str, *, new_id: Callable[[], str]) -> str:
    """The body as the server keeps it. Rewriting what was rewritten changes nothing.

    Args:
        body: Storage XHTML as a client or person sent it.
        new_id: Makes the ids for paragraphs, headings, tables and macros that have none.

    Raises:
        MalformedStorage: Not well-formed, an unknown entity, or a document type declaration.
    """
    writer = _Writer(new_id)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.text
    parser.StartCdataSectionHandler = writer.start_cdata
    parser.EndCdataSectionHandler = writer.end_cdata
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(f"<{_ROOT}>{with_known_entities(body)}</{_ROOT}>", True)
    except expat.ExpatError as error:
        problem = expat.ErrorString(error.code)
        column = error.offset + 1 - (len(_ROOT) + 2 if error.lineno == 1 else 0)
        raise MalformedStorage(
            f"Error parsing xhtml: {problem}\n at [row,col {{unknown-source}}]: [{error.lineno},{column}]"
        ) from error
    return "".join(writer.parts)


def plain_text(body: str) -> str:
    """The words of a stored body, for search and previews: tags become blanks, entities characters."""
    spaced = _TAG_OR_CDATA.sub(lambda match: f" {html.escape(match[1], quote=False)} " if match[1] else " ", body)
    return " ".join(html.unescape(spaced).split())


def with_known_entities(body: str) -> str:
    """The body with HTML's named entities (XML knows five of them) as characters, except inside CDATA."""
    pieces = _CDATA.split(body)
    pieces[::2] = [_NAMED_ENTITY.sub(_character, piece) for piece in pieces[::2]]
    return "".join(pieces)


def _character(entity: re.Match[str]) -> str:
    if entity[1] in _XML_ENTITIES:
        return entity[0]
    return html5.get(f"{entity[1]};", entity[0])


def _refuse_doctype(*_declaration: object) -> None:
    raise MalformedStorage("Error parsing xhtml: a document type declaration is not allowed")


def _escaped_text(text: str) -> str:
    return "".join(
        f"&{codepoint2name[ord(char)]};" if ord(char) > 127 and ord(char) in codepoint2name else char
        for char in _quoted(text)
    )


class _Writer:
    """Collects the rewritten text from the parser's events."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.parts: list[str] = []
        self._new_id = new_id
        self._open: list[tuple[str, bool]] = []  # name, whether its tags are written
        self._start_tag: str | None = None  # not closed yet: it may turn out to be empty
        self._in_cdata = False

    def start(self, name: str, flat_attributes: list[str]) -> None:
        self._close_start_tag()
        written = name != _ROOT and not (name == "p" and bool(self._open) and self._open[-1][0] == "p")
        self._open.append((name, written))
        if written:
            attributes = dict(zip(flat_attributes[::2], flat_attributes[1::2], strict=True))
            self._start_tag = "".join([f"<{name}", *_spelled(self._with_ids(name, attributes))])

    def end(self, name: str) -> None:
        _, written = self._open.pop()
        if not written:
            return
        if self._start_tag is not None:
            self.parts.append(f"{self._start_tag} />")
            self._start_tag = None
        else:
            self.parts.append(f"</{name}>")

    def text(self, data: str) -> None:
        self._close_start_tag()
        self.parts.append(data if self._in_cdata else _escaped_text(data))

    def start_cdata(self) -> None:
        self._close_start_tag()
        self._in_cdata = True
        self.parts.append("<![CDATA[")

    def end_cdata(self) -> None:
        self._in_cdata = False
        self.parts.append("]]>")

    def _close_start_tag(self) -> None:
        if self._start_tag is not None:
            self.parts.append(f"{self._start_tag}>")
            self._start_tag = None

    def _with_ids(self, name: str, attributes: dict[str, str]) -> dict[str, str]:
        id_attribute = _ID_ATTRIBUTE.get(name)
        if id_attribute is not None and not attributes.get(id_attribute):
            attributes[id_attribute] = self._new_id()
        if name in _VERSIONED_REFERENCES:
            attributes.setdefault("ri:version-at-save", "1")
        return attributes


def _spelled(attributes: dict[str, str]) -> list[str]:
    return [f' {name}="{_quoted(value)}"' for name, value in sorted(attributes.items())]


def _quoted(text: str) -> str:
    return html.escape(text, quote=False).replace('"', "&quot;")
