"""The sandbox's Confluence site without HTTP: what people do, and what a search finds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson
import pytest

from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.cql import search
from javis_pipeline.sandbox.confluence.site import ConfluenceSite, Page, Refused
from javis_pipeline.sandbox.ground import Ground

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def site() -> ConfluenceSite:
    site = ConfluenceSite(Ground(clock=Clock(NOON)))
    site.add_space("ENG", "Engineering")
    site.add_space("HB", "Handbook")
    return site


def a_page(site: ConfluenceSite, title: str = "Runbook", body: str = "<p>one</p>", space: str = "ENG") -> Page:
    return site.create_page(site.space(space).space_id, title, body)


def test_given_history_when_an_old_version_is_deleted_then_later_ones_are_renumbered(site: ConfluenceSite) -> None:
    page = a_page(site)
    for body in ("<p>two</p>", "<p>three</p>"):
        site.edit_page(page.page_id, body=body)

    site.delete_version(page.page_id, 1)

    assert page.number == 2
    assert "two" in page.versions[0].body
    with pytest.raises(Refused):
        site.delete_version(page.page_id, 2)


def test_given_a_page_in_the_bin_when_it_is_updated_then_only_its_status_changes(site: ConfluenceSite) -> None:
    page = a_page(site)
    site.trash_page(page.page_id)

    site.update_page(page.page_id, number=2, title="Other", body="<p>new</p>")

    assert (page.status, page.title, page.number) == ("current", "Runbook", 1)


def test_given_a_label_when_it_is_written_then_there_is_no_new_version(site: ConfluenceSite) -> None:
    page, other = a_page(site), a_page(site, "Other")

    first, second = site.add_label(page.page_id, "Ops"), site.add_label(other.page_id, "ops")
    site.add_label(page.page_id, "ops")
    site.remove_label(page.page_id, "absent")

    assert first == second
    assert [label.name for label in page.labels] == ["ops"]
    assert (page.number, page.modified_at) == (1, NOON)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda s, p: s.create_page(p.space_id, "runbook", "<p/>"), id="a title twice in a space"),
        pytest.param(lambda s, p: s.create_page(p.space_id, "", "<p/>"), id="no title"),
        pytest.param(lambda s, p: s.create_page(p.space_id, "x" * 256, "<p/>"), id="a title too long"),
        pytest.param(lambda s, p: s.create_page("999", "A", "<p/>"), id="an unknown space"),
        pytest.param(lambda s, p: s.create_page(p.space_id, "A", "<p/>", parent_id="999"), id="an unknown parent"),
        pytest.param(lambda s, p: s.create_page(p.space_id, "A", "<p>" + "x" * 5_300_000 + "</p>"), id="over 5 MB"),
        pytest.param(lambda s, p: s.edit_page(p.page_id, body="<p>"), id="malformed"),
        pytest.param(lambda s, p: s.move_page(p.page_id, p.page_id), id="under itself"),
        pytest.param(lambda s, p: s.add_label(p.page_id, "two words"), id="a label with a blank"),
        pytest.param(lambda s, p: s.edit_page(s.archive_page(p.page_id).page_id, title="B"), id="an archived page"),
        pytest.param(lambda s, p: s.purge_page(p.page_id), id="purging what is not in the bin"),
    ],
)
def test_given_a_page_when_something_impossible_is_asked_then_it_is_refused(
    site: ConfluenceSite, act: Callable[[ConfluenceSite, Page], object]
) -> None:
    page = a_page(site)

    with pytest.raises(Refused):
        act(site, page)


def test_given_an_archived_page_when_its_title_is_wanted_then_it_is_still_taken(site: ConfluenceSite) -> None:
    site.archive_page(a_page(site).page_id)

    with pytest.raises(Refused, match="already exists"):
        a_page(site)
    assert a_page(site, space="HB").title == "Runbook"


def test_given_a_site_when_its_state_goes_through_json_then_nothing_is_lost(site: ConfluenceSite) -> None:
    page = a_page(site)
    site.add_label(page.page_id, "ops")
    site.edit_page(page.page_id, body="<p>two</p>", message="why")
    changes = site.changes

    other = ConfluenceSite(Ground(clock=Clock(NOON)))
    other.restore(orjson.loads(orjson.dumps(site.state())))

    assert changes > 0
    assert other.pages == site.pages
    assert other.spaces == site.spaces
    assert other.add_label(page.page_id, "ops") == page.labels[0]


@pytest.mark.parametrize(
    ("cql", "titles"),
    [
        ("space = ENG and title ~ 'run*'", ["Runbook"]),
        ("space in (ENG, HB) and type = page and label = ops", ["Alarms", "Runbook"]),
        ('text ~ "pager duty"', ["Alarms"]),
        ("not space = ENG and label = 'ops' order by title desc", []),
        ("lastmodified >= '2026-03-02 08:00' and title != 'Runbook' and space = ENG", ["Alarms"]),
        ("lastmodified >= '2026-03-02 08:01'", ["Alarms"]),
        ("(title = Runbook or title = Alarms) order by lastmodified desc", ["Alarms", "Runbook"]),
    ],
)
def test_given_pages_when_searched_by_cql_then_those_are_found(
    site: ConfluenceSite, cql: str, titles: list[str]
) -> None:
    new_york = ZoneInfo("America/New_York")  # 12:00 UTC is 07:00 there
    site.add_label(a_page(site).page_id, "ops")
    alarms = a_page(site, "Alarms", "<p>pager</p><p>duty</p>")
    site.add_label(alarms.page_id, "ops")
    site.edit_page(alarms.page_id, at=NOON + timedelta(hours=2))

    assert [page.title for page in search(site, cql, new_york)] == titles


@pytest.mark.parametrize("cql", ["", "space", "space = ", "nonsense = 1", "(space = A", "title ~ a order by mood"])
def test_given_an_unreadable_query_when_searched_then_it_is_refused(site: ConfluenceSite, cql: str) -> None:
    with pytest.raises(Refused) as refused:
        search(site, cql, ZoneInfo("UTC"))

    assert refused.value.status == 400
