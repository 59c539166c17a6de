"""What every view of the page shares: head, navigation, notices."""

from datetime import datetime

from javis_pipeline.sandbox.page.links import channel_url, project_url, space_url
from javis_pipeline.sandbox.page.markup import Html, el, join, void
from javis_pipeline.sandbox.world import World


def document(
    world: World, title: str, *content: Html | None, here: str = "", notice: str = "", bad: bool = False
) -> str:
    """A whole HTML document.

    Args:
        world: For the navigation.
        title: What it shows.
        content: The view itself.
        here: Address of the entry of the navigation that is shown.
        notice: What just happened, in a sentence; `bad` if it went wrong.
    """
    head = join(
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("link", rel="stylesheet", href="/style.css"),
        void("link", rel="icon", href="data:,"),
        el("title", f"{title} · Sandbox"),
    )
    said = el("p", notice, class_="notice bad" if bad else "notice", role="status") if notice else None
    main = el("main", said, *content)
    body = el("body", _navigation(world, here), main)
    return f"<!DOCTYPE html>{el('html', el('head', head), body, lang='en')}"


def when(at: datetime, now: datetime) -> Html:
    """An instant as people say it, with the exact one as a hint."""
    seconds = (now - at).total_seconds()
    if seconds < 3600:
        text = "just now" if seconds < 90 else f"{int(seconds // 60)} min ago"
    elif seconds < 86400:
        text = f"{int(seconds // 3600)} h ago"
    else:
        text = f"{int(seconds // 86400)} d ago" if seconds < 30 * 86400 else f"{at:%d %b %Y}"
    return el("time", text, title=f"{at:%Y-%m-%d %H:%M} UTC")


def empty(text: str, hint: Html | str = "") -> Html:
    """What stands where there is nothing yet."""
    return el("div", el("p", el("strong", text)), el("p", hint) if hint else None, class_="empty-state")


def _navigation(world: World, here: str) -> Html:
    projects = [(project_url(project.key), project.name) for project in world.jira.visible_projects()]
    spaces = [(space_url(space.key), space.name) for space in world.confluence.spaces.values()]
    channels = [(channel_url(channel.channel_id), f"# {channel.name}") for channel in world.slack.channels.values()]
    groups = (("Jira", projects), ("Confluence", spaces), ("Slack", channels))
    lists = [el("section", el("h2", name), _entries(entries, here)) for name, entries in groups if entries]
    brand = el("a", "Sandbox", href="/", class_="brand")
    return el("nav", brand, el("div", *lists, class_="groups"))


def _entries(entries: list[tuple[str, str]], here: str) -> Html:
    links = [el("a", name, href=url, aria_current="page" if url == here else None) for url, name in entries]
    return el("div", *links, class_="entries")
