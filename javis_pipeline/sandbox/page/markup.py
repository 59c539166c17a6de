"""HTML that cannot be forgotten to be escaped: a text is escaped unless it is `Html`."""

import html


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | None


def el(tag: str, *content: Content, **attributes: str | bool | None) -> Html:
    """An element. Attributes that are None or False are left out; `class_` and `for_` stand for reserved words."""
    inside = "".join(map(escaped, content))
    return Html(f"<{tag}{_attributes(attributes)}>{inside}</{tag}>")


def void(tag: str, **attributes: str | bool | None) -> Html:
    """An element that has no content, such as an input."""
    return Html(f"<{tag}{_attributes(attributes)}>")


def join(*content: Content, by: str = "") -> Html:
    """Several pieces as one."""
    return Html(escaped(by).join(map(escaped, content)))


def escaped(content: Content) -> str:
    """The piece as HTML; nothing for None."""
    if content is None or isinstance(content, Html):
        return content or ""
    return html.escape(content)


def _attributes(attributes: dict[str, str | bool | None]) -> str:
    parts = []
    for name, value in attributes.items():
        shown = name.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(f" {shown}")
        elif value is not None and value is not False:
            parts.append(f' {shown}="{html.escape(value)}"')
    return "".join(parts)
