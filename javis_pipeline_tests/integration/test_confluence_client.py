"""ConfluenceClient against the sandbox's Confluence, over a real socket."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from javis_pipeline.clients.calls import Exchange, Limits
from javis_pipeline.errors import (
    IdentityError,
    OutcomeUnknown,
    RemoteBusy,
    RemoteMissing,
    RemoteRefused,
    SettingError,
    StaleRevision,
    SyncHalted,
)
from javis_pipeline.records import MISSING
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import Page, Space
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.client import ConfluenceClient

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        yield server.world


@pytest.fixture
def space(world: World) -> Space:
    return world.confluence.add_space("ENG", "Engineering")


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def client(world: World, exchanges: list[Exchange]) -> Iterator[ConfluenceClient]:
    with a_client(world, record=exchanges.append) as client:
        yield client


def a_client(world: World, *, base: str = "", token: str | None = None, **options) -> ConfluenceClient:
    limits = Limits(tries=2)
    return ConfluenceClient(
        world.base_url + base,
        "ada@example.com",
        token or world.credentials.api_token,
        limits=limits,
        sleep=lambda seconds: None,
        **options,
    )


def some_pages(world: World, space: Space, count: int) -> list[Page]:
    """Pages of the space, each modified a minute after the one before."""
    made = []
    for number in range(count):
        world.clock.advance(timedelta(minutes=1))
        made.append(world.confluence.create_page(space.space_id, f"Page {number}", f"<p>{number}</p>"))
    return made


# Who, where


@pytest.mark.parametrize("base", ["", "/", "/wiki", "/wiki/", "/ex/confluence/0f3c", "/ex/confluence/0f3c/wiki"])
def test_given_any_form_of_the_base_url_then_the_site_is_found(world, space, base):
    with a_client(world, base=base) as client:
        assert client.prove_identity().account_id
        assert [found.key for found in client.spaces(["ENG"])] == ["ENG"]


def test_given_a_wrong_token_then_nothing_is_believed(world):
    with a_client(world, token="wrong") as client, pytest.raises(IdentityError, match="CONFLUENCE_TOKEN"):
        client.prove_identity()


def test_given_a_space_that_is_not_there_then_the_nearest_is_named(world, space, client):
    with pytest.raises(SettingError, match=r"confluence space ENGG does not exist.*nearest it sees are ENG"):
        client.spaces(["ENG", "ENGG"])


# Reading


@pytest.mark.parametrize("foreign", [False, True], ids=["own links", "links to another host"])
def test_given_more_pages_than_a_batch_then_each_comes_once_and_only_our_host_is_asked(
    world, space, client, monkeypatch, exchanges, foreign
):
    monkeypatch.setattr("javis_pipeline.systems.confluence.client.BATCH", 4)
    world.confluence.switches.foreign_next_links = foreign
    made = some_pages(world, space, 10)

    found = [wire.parse_page(document, "ENG") for document in client.pages(space.space_id)]

    assert [page.page_id for page in found[:10]] == [page.page_id for page in reversed(made)]
    assert [page.title for page in found[10:]] == ["Engineering Home"]
    assert {page.body_storage for page in found} == {MISSING}
    assert all(exchange.url.startswith(f"{world.base_url}/wiki/api/v2/pages?") for exchange in exchanges)


def test_given_ids_then_pages_come_with_their_bodies_and_the_rest_is_missing(world, space, client):
    made = some_pages(world, space, 3)
    world.confluence.hide_page(made[1].page_id)
    world.confluence.trash_page(made[2].page_id)

    fetched = client.fetch_pages([page.page_id for page in made])

    pages = {page.page_id: page for page in (wire.parse_page(one, "ENG") for one in fetched.documents)}
    assert {page_id: (page.body_storage, page.status) for page_id, page in pages.items()} == {
        made[0].page_id: (made[0].body, "current"),
        made[2].page_id: (made[2].body, "trashed"),
    }
    assert fetched.missing == [made[1].page_id]


def test_given_a_page_then_it_can_be_read_with_labels_and_at_an_older_version(world, space, client):
    (made,) = some_pages(world, space, 1)
    world.confluence.edit_page(made.page_id, body="<p>new</p>", message="Better")
    for name in ("beta", "alpha"):
        world.confluence.add_label(made.page_id, name)
    world.confluence.add_label(made.page_id, "mine", prefix="my")

    now = wire.parse_page(client.get_page(made.page_id, labels=True), "ENG")
    before = wire.parse_page(client.get_page(made.page_id, version=1), "ENG")
    versions = [wire.parse_version(document, made.page_id) for document in client.versions(made.page_id)]

    assert (now.body_storage, now.labels, now.version_number, now.version_message) == (
        made.body,
        ["alpha", "beta"],
        2,
        "Better",
    )
    assert (before.body_storage, before.labels) == (made.versions[0].body, MISSING)
    assert [version.number for version in versions] == [2, 1]
    assert client.labels(made.page_id) == ["alpha", "beta"]


def test_given_authors_then_their_names_are_found(world, space, client):
    (made,) = some_pages(world, space, 1)

    users = client.users([made.author_id, made.author_id, "nobody"])

    assert [user.account_id for user in users] == [made.author_id]
    assert users[0].display_name


def test_given_a_cql_query_then_what_it_finds_is_paged(world, space, client):
    some_pages(world, space, 5)

    found = list(client.search('space = "ENG" AND type = page', limit=2))

    assert len({result["content"]["id"] for result in found}) == 6


@pytest.mark.parametrize("page_id", ["", "0", "12/label", "abc", "1?x"])
def test_given_what_is_no_id_then_nothing_is_sent(client, exchanges, page_id):
    with pytest.raises(ValueError, match="not an id"):
        client.get_page(page_id)

    assert exchanges == []


# Writing


def save(client: ConfluenceClient, page_id: str, **changes):
    wanted = {"version": 1, "title": "New title", "body_storage": "<p>ours</p>", "message": "javis sync 7"}
    return client.update_page(page_id, **{**wanted, **changes})


def test_given_the_version_that_we_read_when_saving_then_the_next_one_is_ours(world, space, client):
    made, parent = some_pages(world, space, 2)

    answer = wire.parse_page(save(client, made.page_id, parent_id=parent.page_id), "ENG")

    assert (answer.version_number, answer.title, answer.parent_id) == (2, "New title", parent.page_id)
    assert world.confluence.page(made.page_id).latest.message == "javis sync 7"


def test_given_a_version_of_somebody_else_when_saving_then_it_stays(world, space, client):
    (made,) = some_pages(world, space, 1)
    world.confluence.edit_page(made.page_id, body="<p>theirs</p>")

    with pytest.raises(StaleRevision, match="at version 2, not 1"):
        save(client, made.page_id)

    assert "theirs" in world.confluence.page(made.page_id).body


def test_given_a_title_that_another_page_has_when_saving_then_the_title_is_refused(world, space, client):
    made, _ = some_pages(world, space, 2)

    with pytest.raises(RemoteRefused) as refused:
        save(client, made.page_id, title="Page 1")

    assert refused.value.field_errors == {"title": "another page of the space has this title"}


def test_given_a_collision_inside_confluence_when_saving_then_it_is_worth_another_run(world, space, client):
    (made,) = some_pages(world, space, 1)
    world.confluence.switches.transient_conflicts = 1

    with pytest.raises(RemoteBusy, match="unchanged"):
        save(client, made.page_id)

    assert wire.parse_page(save(client, made.page_id), "ENG").version_number == 2


def test_given_a_parent_that_is_not_there_when_saving_then_the_parent_is_refused(world, space, client):
    (made,) = some_pages(world, space, 1)

    with pytest.raises(RemoteRefused) as refused:
        save(client, made.page_id, parent_id="999999")

    assert refused.value.field_errors == {"parent_id": "there is no current page 999999"}


def test_given_an_archived_page_or_broken_xhtml_when_saving_then_the_reason_is_told(world, space, client):
    archived, broken = some_pages(world, space, 2)
    world.confluence.archive_page(archived.page_id)

    with pytest.raises(RemoteRefused, match="Archived content cannot be edited"):
        save(client, archived.page_id)
    with pytest.raises(RemoteRefused, match=r"400: .+"):
        save(client, broken.page_id, body_storage="<p>no end")


def test_given_a_page_that_is_gone_when_saving_then_it_is_missing(world, space, client):
    with pytest.raises(RemoteMissing):
        save(client, "999999")


def test_given_a_reply_that_is_lost_when_saving_then_it_is_not_sent_again(world, space, client, exchanges):
    (made,) = some_pages(world, space, 1)
    world.faults.rules.append(Rule(Fault(FaultKind.LOST_REPLY), method="PUT"))

    with pytest.raises(OutcomeUnknown):
        save(client, made.page_id)

    assert world.confluence.page(made.page_id).number == 2


def test_labels_are_added_and_removed_one_by_one_and_repeats_are_harmless(world, space, client):
    (made,) = some_pages(world, space, 1)

    client.add_labels(made.page_id, ["beta", "alpha"])
    client.add_labels(made.page_id, ["beta"])
    client.add_labels(made.page_id, [])
    client.remove_label(made.page_id, "alpha")
    client.remove_label(made.page_id, "never")

    assert client.labels(made.page_id) == ["beta"]
    assert world.confluence.page(made.page_id).number == 1


def test_given_a_dry_run_then_nothing_is_written(world, space):
    (made,) = some_pages(world, space, 1)
    with a_client(world, read_only=True) as client:
        for write in (lambda: save(client, made.page_id), lambda: client.add_labels(made.page_id, ["a"])):
            with pytest.raises(SyncHalted, match="dry run"):
                write()
        assert client.users([made.author_id])

    assert world.confluence.page(made.page_id).number == 1


def test_the_token_is_in_no_exchange_and_no_repr(world, space, client, exchanges):
    client.prove_identity()
    client.spaces(["ENG"])
    token = world.credentials.api_token
    header = base64.b64encode(f"ada@example.com:{token}".encode()).decode()

    assert exchanges
    assert token not in f"{exchanges} {client!r}"
    assert header not in f"{exchanges} {client!r}"
