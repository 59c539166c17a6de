"""The first view: what is in this sandbox, and what changed last."""

from heapq import nlargest

from javis_pipeline.sandbox.page.layout import empty, when
from javis_pipeline.sandbox.page.links import channel_url, issue_url, page_url, project_url, space_url
from javis_pipeline.sandbox.page.markup import Html, el, join
from javis_pipeline.sandbox.world import World

SHOWN = 12
WHAT_IT_IS = (
    "Jira, Confluence and Slack as the pipeline sees them. What you change here is a change that a person made on the "
    "remote side."
)


def home_view(world: World) -> Html:
    """Cards for projects, spaces and channels, and the latest changes of all."""
    cards = [*_project_cards(world), *_space_cards(world), *_channel_cards(world)]
    if not cards:
        hint = join("Start it with ", el("code", "--demo"), " or ", el("code", "--load FILE"), ", or use the API.")
        return join(el("h1", "Sandbox"), empty("This sandbox is empty.", hint))
    return join(
        el("h1", "Sandbox"),
        el("p", WHAT_IT_IS, class_="quiet"),
        el("div", *cards, class_="cards"),
        el("section", el("h2", "Changed last"), el("ul", *_latest(world), class_="history")),
    )


def _card(url: str, kind: str, name: str, count: str) -> Html:
    return el("a", el("span", kind, class_="key"), el("strong", name), el("span", count, class_="quiet"), href=url)


def _project_cards(world: World) -> list[Html]:
    jira, cards = world.jira, []
    for project in jira.visible_projects():
        ids = jira.ids_by_project.get(project.key, {})
        is_open = [jira.statuses[jira.issues[id_].state.status_id].category != "done" for id_ in ids]
        count = f"{len(ids)} issues, {sum(is_open)} open"
        cards.append(_card(project_url(project.key), f"Jira {project.key}", project.name, count))
    return cards


def _space_cards(world: World) -> list[Html]:
    pages = world.confluence.visible_pages(statuses=("current",))
    counts = {space_id: sum(page.space_id == space_id for page in pages) for space_id in world.confluence.spaces}
    return [
        _card(space_url(space.key), f"Confluence {space.key}", space.name, f"{counts[space.space_id]} pages")
        for space in world.confluence.spaces.values()
    ]


def _channel_cards(world: World) -> list[Html]:
    return [
        _card(channel_url(channel.channel_id), "Slack", f"# {channel.name}", f"{len(channel.messages)} messages")
        for channel in world.slack.channels.values()
    ]


def _latest(world: World) -> list[Html]:
    now = world.clock.now()
    # A loaded corpus has tens of thousands of issues: only the latest are looked at twice.
    changed = [(issue.state.updated, issue.id) for issue in world.jira.issues.values() if world.jira.is_visible(issue)]
    states = [world.jira.issues[id_].state for _, id_ in nlargest(SHOWN, changed)]
    pages = world.confluence.visible_pages(statuses=("current",))
    rows = [(state.updated, issue_url(state.key), f"{state.key} {state.summary or ''}") for state in states] + [
        (page.modified_at, page_url(world.confluence.spaces[page.space_id].key, page.page_id), page.title)
        for page in nlargest(SHOWN, pages, key=lambda page: page.modified_at)
    ]
    return [
        el("li", el("a", text, href=url), " ", el("span", when(at, now), class_="quiet"))
        for at, url, text in nlargest(SHOWN, rows)
    ]
