"""Confluence's storage format as HTML for the page: known elements only, and every link looked at."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

from javis_pipeline.sandbox.confluence.storage import with_known_entities
from javis_pipeline.sandbox.page.links import issue_url, safe_url
from javis_pipeline.sandbox.page.markup import Html, el, join, void

Element = ElementTree.Element

_AC, _RI = "{ac}", "{ri}"
_KEPT = frozenset(
    {"p", "ul", "ol", "li", "strong", "em", "b", "i", "u", "s", "del", "code", "pre", "blockquote", "sub", "sup"}
    | {"tbody", "thead", "tr", "div", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_PANELS = {"info": "info", "note": "note", "warning": "warning", "tip": "success", "panel": "note"}
_COLOUR = re.compile(r"(?:^|;)\s*color:\s*([^;]+)")


def storage_html(body: str, *, name_of: Callable[[str], str]) -> Html:
    """The body as people read it.

    Args:
        body: Stored XHTML.
        name_of: Gives the name of the person with an account id.
    """
    try:
        root = ElementTree.fromstring(  # noqa: S314 - the site refused document types when it stored the body
            f'<root xmlns:ac="ac" xmlns:ri="ri" xmlns:at="at">{with_known_entities(body)}</root>'
        )
    except ElementTree.ParseError as error:
        return el("p", f"This body cannot be shown: {error}", class_="notice bad")
    return _View(name_of).inside(root)


class _View:
    def __init__(self, name_of: Callable[[str], str]) -> None:
        self._name_of = name_of

    def inside(self, element: Element) -> Html:
        """Text and children of an element."""
        parts: list[str | None] = [element.text]
        for child in element:
            parts += [self._shown(child), child.tail]
        return join(*parts)

    def _shown(self, element: Element) -> Html:
        tag = element.tag
        if tag in _KEPT:
            return el(tag, self.inside(element))
        if tag == "table":
            return el("div", el("table", self.inside(element)), class_="scroll")
        if tag in {"th", "td"}:
            return el(tag, self.inside(element), colspan=element.get("colspan"), rowspan=element.get("rowspan"))
        if tag == "span":
            return self._span(element)
        if tag in {"br", "hr"}:
            return void(tag)
        if tag == "a":
            safe = safe_url(element.get("href", ""))
            return el("a", self.inside(element), href=safe, rel="noreferrer") if safe else self.inside(element)
        if tag == f"{_AC}structured-macro":
            return self._macro(element)
        if tag == f"{_AC}link":
            return self._link(element)
        if tag == f"{_AC}task-list":
            return el("ul", *map(self._task, element.iter(f"{_AC}task")), class_="tasks")
        if tag == f"{_AC}layout-section":
            return el("div", *(el("div", self.inside(cell)) for cell in element), class_="columns")
        if tag == f"{_AC}adf-extension":
            return self._extension(element)
        if tag == f"{_AC}image":
            return el("span", "[picture]", class_="mark")
        return self.inside(element)

    def _span(self, span: Element) -> Html:
        """Coloured words; without a style, which the page's policy forbids."""
        colour = _COLOUR.search(span.get("style", ""))
        return el("font", self.inside(span), color=_hex(colour[1])) if colour else el("span", self.inside(span))

    def _extension(self, extension: Element) -> Html:
        """Decisions; of anything else what Confluence itself shows where it cannot show it."""
        decisions = [item for item in extension.iter(f"{_AC}adf-node") if item.get("type") == "decision-item"]
        if decisions:
            contents = [item.find(f"{_AC}adf-content") for item in decisions]
            items = (el("li", "⤷ ", self.inside(content)) for content in contents if content is not None)
            return el("ul", *items, class_="tasks")
        fallback = extension.find(f"{_AC}adf-fallback")
        return self.inside(fallback if fallback is not None else extension)

    def _macro(self, macro: Element) -> Html:
        name = macro.get(f"{_AC}name", "")
        parameters = {each.get(f"{_AC}name"): each.text or "" for each in macro.findall(f"{_AC}parameter")}
        rich = macro.find(f"{_AC}rich-text-body")
        if name == "jira" and "key" in parameters:
            return el("a", parameters["key"], href=issue_url(parameters["key"]), class_="issue")
        if name == "toc":
            return Html()
        if name == "status":
            return el("span", parameters.get("title", ""), class_=f"badge {parameters.get('colour', '').lower()}")
        if name in {"code", "noformat"}:
            text = macro.findtext(f"{_AC}plain-text-body") or ""
            return el("pre", el("code", text))
        if name == "expand" and rich is not None:
            return el("details", el("summary", parameters.get("title") or "More"), self.inside(rich), open=True)
        if rich is not None:
            return el("div", self.inside(rich), class_=f"panel {_PANELS.get(name, 'note')}")
        about = parameters.get("jqlQuery") or name
        return el("div", f"[{name}: {about}]" if about != name else f"[{name}]", class_="mark")

    def _link(self, link: Element) -> Html:
        user, page = link.find(f"{_RI}user"), link.find(f"{_RI}page")
        if user is not None:
            return el("span", f"@{self._name_of(user.get(f'{_RI}account-id', ''))}", class_="mark")
        texts = [text for tag in ("link-body", "plain-text-link-body") if (text := link.findtext(f"{_AC}{tag}"))]
        title = page.get(f"{_RI}content-title", "") if page is not None else ""
        return el("span", texts[0] if texts else title or "link", class_="link")

    def _task(self, task: Element) -> Html:
        done = task.findtext(f"{_AC}task-status") == "complete"
        body = task.find(f"{_AC}task-body")
        return el("li", "☑ " if done else "☐ ", self.inside(body) if body is not None else None)


def _hex(colour: str) -> str:
    """A colour as an attribute says it: `rgb(255, 86, 48)` is #ff5630."""
    parts = re.findall(r"\d+", colour) if colour.strip().startswith("rgb(") else []
    return "#" + "".join(f"{min(int(part), 255):02x}" for part in parts) if len(parts) == 3 else colour.strip()
