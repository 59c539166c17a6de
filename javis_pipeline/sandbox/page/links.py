"""Addresses: those of the page itself, and which foreign ones may be linked to."""

from urllib.parse import quote, urlsplit


def safe_url(url: str) -> str | None:
    """The address if a browser may follow it; None for scripts and the like."""
    try:
        return url if urlsplit(url.strip()).scheme.lower() in {"http", "https", "mailto"} else None
    except ValueError:
        return None


def issue_url(key: str) -> str:
    return f"/browse/{quote(key)}"


def project_url(key: str) -> str:
    return f"/projects/{quote(key)}"


def space_url(key: str) -> str:
    return f"/wiki/spaces/{quote(key)}"


def page_url(space_key: str, page_id: str) -> str:
    return f"/wiki/spaces/{quote(space_key)}/pages/{page_id}"


def channel_url(channel_id: str) -> str:
    return f"/slack/{quote(channel_id)}"
