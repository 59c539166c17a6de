"""Which page a webhook of Confluence tells of: one of an automation rule, or of Data Center. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from javis_pipeline.records.hints import Told

_ID: Final = re.compile(r"[1-9][0-9]{0,18}")
_KEY: Final = re.compile(r"~?[A-Za-z0-9._-]{1,255}")


def told_pages(document: object) -> list[Told]:
    """The page that a body names; none where it is about something else, or makes no sense."""
    if not isinstance(document, Mapping):
        return []
    page, space = document.get("page"), document.get("space")
    inner = page if isinstance(page, Mapping) else {}
    holder = inner.get("space", space)
    named = inner.get("spaceKey") or (holder.get("key") if isinstance(holder, Mapping) else holder)
    page_id = _matching(
        _ID, inner.get("id") if isinstance(page, Mapping) else page if page is not None else document.get("id")
    )
    key = _matching(_KEY, named)
    return [Told(page_id, key or None)] if page_id or key else []


def _matching(form: re.Pattern[str], value: object) -> str:
    text = str(value) if type(value) is int else value
    return text if isinstance(text, str) and form.fullmatch(text) else ""
