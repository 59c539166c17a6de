"""A self-hosted Confluence over a real socket: what its client makes of it, and what it makes of what goes wrong."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from javis_pipeline.clients.calls import Exchange, Limits
from javis_pipeline.errors import IdentityError, RemoteBusy, RemoteMissing, RemoteRefused, SettingError, StaleRevision
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import Page, Space
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.site_facts import NothingKept
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.data_center import DataCenterClient
from javis_pipeline.systems.confluence.doctor import check_confluence
from javis_pipeline.systems.confluence.editions import Login, connect
from javis_pipeline_tests.sites import NOON

WHOLE = Login("ada@example.com", None, "", "CONFLUENCE_TOKEN")


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
    with a_client(world, exchanges=exchanges) as client:
        yield client


def a_client(
    world: World, *, path: str = "/confluence", login: Login | None = None, exchanges: list[Exchange] | None = None
) -> ConfluenceClient:
    return connect(
        world.base_url + path,
        login or WHOLE._replace(secret=world.credentials.personal_token("ada")),
        limits=Limits(tries=2),
        sleep=lambda seconds: None,
        rate=10_000,
        record=(lambda _: None) if exchanges is None else exchanges.append,
    )


def some_pages(world: World, space: Space, count: int) -> list[Page]:
    made = []
    for number in range(count):
        world.clock.advance(timedelta(minutes=1))
        made.append(world.confluence.create_page(space.space_id, f"Page {number}", f"<p>{number}</p>"))
    return made


# Which edition, and who we are


@pytest.mark.parametrize("path", ["/confluence", "/confluence/"])
def test_given_a_site_of_the_companys_own_then_it_is_found_out(world: World, space: Space, path: str) -> None:
    with a_client(world, path=path) as client:
        assert isinstance(client, DataCenterClient)
        assert len(client.prove_identity().account_id) == 32
        assert [found.space_id for found in client.spaces(["ENG"])] == [space.space_id]
        assert client.remarks() == []
        assert client.may_edit_pages(space.space_id)


def test_given_a_site_of_the_companys_own_then_no_login_for_the_cloud_is_sent_to_it(world: World) -> None:
    with a_client(world):
        assert world.exchanges.matching(path="/confluence/wiki/") == []


def test_given_a_site_that_lets_nobody_in_then_no_login_for_the_cloud_is_sent_to_it_either(world: World) -> None:
    world.jira.behaviour.traps = frozenset({Trap.CLOSED})
    with a_client(world) as client:
        asked = world.exchanges.matching(path="/confluence/wiki/")

        assert isinstance(client, DataCenterClient)
    assert [(exchange.method, exchange.status) for exchange in asked] == [("GET", 404)]
    assert "authorization" not in {name.lower() for name in asked[0].request_headers}


@pytest.mark.parametrize("path", ["", "/wiki"])
def test_given_the_cloud_then_it_is_found_out_too(world: World, space: Space, path: str) -> None:
    with a_client(world, path=path, login=WHOLE._replace(secret=world.credentials.api_token)) as client:
        assert not isinstance(client, DataCenterClient)
        assert [found.key for found in client.spaces(["ENG"])] == ["ENG"]


class Remembered(NothingKept):
    """Facts that are kept for ever."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}

    def of(self, name: str, ask: Callable[[], Any]) -> Any:
        if name not in self.told:
            self.told[name] = json.loads(json.dumps(ask()))
        return self.told[name]


def test_given_a_site_that_said_lately_what_it_is_then_it_is_not_asked_and_its_version_is_known(world: World) -> None:
    world.jira.behaviour.traps = frozenset({Trap.AGING})
    facts = Remembered()
    login = WHOLE._replace(secret=world.credentials.personal_token("ada"))
    url = f"{world.base_url}/confluence"
    with connect(url, login, facts=facts) as first:
        before = first.remarks()
    world.exchanges.clear()

    with connect(url, login, facts=facts) as second:
        assert isinstance(second, DataCenterClient)
        assert second.remarks() == before

    assert before[0].startswith("Confluence 8.0.4 is older than 8.5")
    assert world.exchanges.matching(path="/confluence/") == []


BAD_LOGINS = {
    "a token of Cloud": (None, "cloud", frozenset(), "an API token of Atlassian Cloud: make a personal access token"),
    "a token that has ended, told": (None, "old", frozenset({"refused"}), "401.*personal access token"),
    "a login page": (None, "old", frozenset({Trap.LOGIN_PAGE}), "a web page instead of JSON: a login page or a proxy"),
    "a redirect": (None, "old", frozenset({Trap.REDIRECT}), "redirects elsewhere"),
    "a password where none is taken": ("ada", "password", frozenset({Trap.BASIC_OFF}), "403.*CONFLUENCE_EMAIL"),
}


@pytest.mark.parametrize(("user", "secret", "traps", "message"), BAD_LOGINS.values(), ids=BAD_LOGINS)
def test_given_a_login_that_is_not_accepted_then_one_message_says_what_to_check(
    world: World, space: Space, user: str | None, secret: str, traps: frozenset[object], message: str
) -> None:
    behaviour = world.jira.behaviour
    behaviour.traps = frozenset(trap for trap in traps if isinstance(trap, Trap))
    behaviour.bad_login = "refused" if "refused" in traps else "anonymous"
    secrets = {"cloud": world.credentials.api_token, "password": world.credentials.personal_token("ada")}
    login = Login("ada@example.com", user, secrets.get(secret, "ended"), "CONFLUENCE_TOKEN")

    with pytest.raises((IdentityError, SettingError), match=message), a_client(world, login=login) as client:
        client.prove_identity()


def test_given_a_token_of_data_center_in_the_cloud_then_one_message_says_what_to_check(world: World) -> None:
    with a_client(world, path="/wiki") as client, pytest.raises(IdentityError, match="Check CONFLUENCE_TOKEN"):
        client.prove_identity()


def test_given_a_user_and_a_password_where_that_is_allowed_then_they_do(world: World, space: Space) -> None:
    login = Login(None, "ada", world.credentials.personal_token("ada"), "CONFLUENCE_EMAIL and CONFLUENCE_TOKEN")

    with a_client(world, login=login) as client:
        assert client.prove_identity().display_name == "Ada"


@pytest.mark.parametrize("path", ["/nowhere", "/confluence/extra"])
@pytest.mark.parametrize("of_cloud", [False, True], ids=["token of its own", "token of Cloud"])
def test_given_a_wrong_context_path_then_the_message_speaks_of_it(world: World, path: str, of_cloud: bool) -> None:
    message = r"no Confluence found there.*a path such as /confluence"
    login = WHOLE._replace(secret=world.credentials.api_token) if of_cloud else WHOLE

    with pytest.raises(SettingError, match=message), a_client(world, path=path, login=login) as client:
        client.prove_identity()


def test_given_a_site_that_is_too_old_then_it_is_refused_and_an_aging_one_is_remarked_on(world: World) -> None:
    world.jira.behaviour.traps = frozenset({Trap.OLD})
    with pytest.raises(SettingError, match=r"this is Confluence 7\.18\.1; 7\.19 or newer is needed"):
        a_client(world)

    world.jira.behaviour.traps = frozenset({Trap.AGING})
    with a_client(world) as client:
        assert [remark[:31] for remark in client.remarks()] == ["Confluence 8.0.4 is older than "]


def test_given_a_site_that_does_not_answer_now_then_it_is_busy(world: World) -> None:
    world.jira.behaviour.traps = frozenset({Trap.MAINTENANCE})

    with pytest.raises(RemoteBusy, match="HTTP 503"):
        a_client(world)


def test_given_an_account_that_may_ask_for_nothing_then_a_person_is_told(world: World) -> None:
    world.jira.behaviour.traps = frozenset({Trap.BLOCKED})

    with pytest.raises(SettingError, match="allows this account no requests at all"), a_client(world) as client:
        client.prove_identity()


def test_given_read_only_mode_then_it_is_said_before_anything_is_sent(
    world: World, space: Space, client: ConfluenceClient
) -> None:
    assert client.why_read_only() is None

    world.jira.behaviour.traps = frozenset({Trap.READ_ONLY})

    assert client.why_read_only() == "Confluence is in read-only mode; edits go out when that is over"


def test_given_what_a_person_should_know_of_the_site_then_the_doctor_says_so(world: World, space: Space) -> None:
    world.jira.behaviour.traps = frozenset({Trap.AGING, Trap.READ_ONLY})
    world.confluence.switches.read_only_spaces = {"ENG"}

    with a_client(world) as client:
        said = [(check.verdict, check.finding) for check in check_confluence(client, ["ENG"])]

    assert [verdict for verdict, _ in said] == ["ok", "warning", "warning", "ok", "failed"]
    assert said[1][1].startswith("Confluence 8.0.4 is older than 8.5")
    assert said[2][1] == "Confluence is in read-only mode; edits go out when that is over"
    assert said[4][1].startswith("the account may not add pages")


# Reading


def test_given_more_pages_than_a_batch_then_each_comes_once_and_only_our_host_is_asked(
    world: World, space: Space, client: ConfluenceClient, exchanges: list[Exchange]
) -> None:
    world.jira.behaviour.traps = frozenset({Trap.LOW_CAP})
    made = some_pages(world, space, 24)
    world.confluence.trash_page(made[3].page_id)
    client.spaces(["ENG"])

    found = [wire.parse_page(document, "ENG") for document in client.pages(space.space_id)]

    assert sorted(page.page_id for page in found) == sorted(
        [page.page_id for page in made if page is not made[3]] + [str(space.homepage_id)]
    )
    assert {(page.version_number, page.parent_id) for page in found[1:]} == {(1, space.homepage_id)}
    assert all(exchange.url.startswith(world.base_url) for exchange in exchanges)


def test_given_ids_then_pages_come_with_texts_and_labels_and_the_rest_is_missing(
    world: World, space: Space, client: ConfluenceClient
) -> None:
    made = some_pages(world, space, 3)
    world.confluence.add_label(made[0].page_id, "alpha")
    world.confluence.add_label(made[0].page_id, "mine", prefix="my")
    world.confluence.hide_page(made[1].page_id)
    world.confluence.trash_page(made[2].page_id)

    fetched = client.fetch_pages([page.page_id for page in made])

    (page,) = (wire.parse_page(one, "ENG") for one in fetched.documents)
    assert (page.body_storage, page.labels, page.space_id) == (made[0].body, ["alpha"], space.space_id)
    assert fetched.missing == [made[1].page_id, made[2].page_id]
    assert wire.parse_page(client.get_page(made[2].page_id), "ENG").status == "trashed"
    with pytest.raises(RemoteMissing):
        client.get_page(made[1].page_id)


@pytest.mark.parametrize("traps", [frozenset[Trap](), frozenset({Trap.AGING})], ids=["new path", "as before"])
def test_given_a_page_then_its_versions_are_read_wherever_they_are(
    world: World, space: Space, client: ConfluenceClient, traps: frozenset[Trap]
) -> None:
    (made,) = some_pages(world, space, 1)
    world.confluence.edit_page(made.page_id, body="<p>new</p>", message="Better")
    world.jira.behaviour.traps = traps

    versions = [wire.parse_version(document, made.page_id) for document in client.versions(made.page_id)]
    before = wire.parse_page(client.get_page(made.page_id, version=1), "ENG")

    assert [(version.number, version.message) for version in versions] == [(2, "Better"), (1, None)]
    assert before.body_storage == made.versions[0].body
    with pytest.raises(RemoteMissing):
        list(client.versions("999"))


def test_given_labels_then_they_are_listed_by_name(world: World, space: Space, client: ConfluenceClient) -> None:
    made = some_pages(world, space, 2)
    for page, name in ((made[0], "alpha"), (made[1], "alpha"), (made[1], "beta")):
        world.confluence.add_label(page.page_id, name)
    client.add_labels(made[0].page_id, ["gamma"])
    client.remove_label(made[0].page_id, "nowhere")
    client.remove_label(made[0].page_id, "alpha")

    assert client.space_labels(space.space_id) == {"alpha": "alpha", "beta": "beta", "gamma": "gamma"}
    assert client.pages_with_label("alpha", space.space_id) == [made[1].page_id]
    assert client.labels(made[0].page_id) == ["gamma"]


def test_given_people_then_they_are_told_by_key_as_far_as_the_account_may_see_them(
    world: World, space: Space, client: ConfluenceClient
) -> None:
    me = client.prove_identity()

    assert [(user.account_id, user.display_name) for user in client.users([me.account_id, "f" * 32])] == [
        (me.account_id, "Ada")
    ]

    world.jira.behaviour.traps = frozenset({Trap.HIDDEN_PEOPLE})
    with pytest.raises(RemoteRefused):
        client.users([me.account_id])


def test_given_readers_of_a_page_then_they_are_told(world: World, space: Space, client: ConfluenceClient) -> None:
    made = some_pages(world, space, 2)
    world.confluence.restrict_page(made[0].page_id, "leads")

    assert client.restriction(made[0].page_id) == "group:leads"
    assert client.restrictions_of([page.page_id for page in made]) == {
        made[0].page_id: "group:leads",
        made[1].page_id: None,
    }


# Changing


def save(client: ConfluenceClient, page_id: str, **changes: object) -> object:
    told = {"version": 1, "title": "Page 0", "body_storage": "<p>ours</p>", "message": "m", **changes}
    return client.update_page(page_id, **told)  # type: ignore[arg-type]


def test_given_a_new_text_then_the_page_has_it_and_moves_where_it_is_told(
    world: World, space: Space, client: ConfluenceClient
) -> None:
    made = some_pages(world, space, 2)

    save(client, made[0].page_id, parent_id=made[1].page_id)

    page = world.confluence.pages[made[0].page_id]
    assert (page.number, page.latest.message, page.parent_id) == (2, "m", made[1].page_id)
    assert "ours" in page.body


def test_given_a_site_that_keeps_no_messages_then_a_property_of_the_page_says_whose_a_version_is(
    world: World, space: Space, client: ConfluenceClient
) -> None:
    page_id = some_pages(world, space, 1)[0].page_id
    world.jira.behaviour.traps = frozenset({Trap.NO_MARKS})

    for number in (1, 2):
        world.clock.advance(timedelta(seconds=1))
        save(client, page_id, version=number, message=f"javis sync {number}", body_storage=f"<p>{number}</p>")
    world.clock.advance(timedelta(seconds=1))
    world.confluence.edit_page(page_id, body="<p>theirs</p>")

    messages = [version["message"] for version in client.versions(page_id)]
    assert messages == ["", "javis sync 2", "javis sync 1", ""]
    assert client.get_page(page_id)["version"]["message"] == ""
    save(client, page_id, version=4, message="javis sync 4", body_storage="<p>again</p>")
    assert client.get_page(page_id)["version"]["message"] == "javis sync 4"
    assert [version.message for version in world.confluence.pages[page_id].versions] == [""] * 5


def test_given_what_is_refused_then_the_error_says_what_it_was(
    world: World, space: Space, client: ConfluenceClient
) -> None:
    made = some_pages(world, space, 2)
    refusals: Sequence[tuple[dict[str, object], type[Exception], str]] = [
        ({"version": 7}, StaleRevision, "is at version 1, not 7"),
        ({"title": "page 1"}, RemoteRefused, "another page of the space has this title"),
        ({"parent_id": "999"}, RemoteRefused, "there is no current page 999"),
        ({"body_storage": "<p>"}, RemoteRefused, "Error parsing xhtml"),
    ]

    for changes, error, message in refusals:
        with pytest.raises(error, match=message):
            save(client, made[0].page_id, **changes)

    assert world.confluence.pages[made[0].page_id].number == 1


def test_given_a_page_with_its_versions_then_all_of_them_come_also_those_that_nobody_pulled(world, space, client):
    (page,) = some_pages(world, space, 1)
    for number in range(3):
        world.confluence.edit_page(page.page_id, body=f"<p>again {number}</p>")

    document = client.get_page(page.page_id, versions=True)

    assert [version.number for version in wire.parse_included_versions(document, page.page_id)] == [4, 3, 2, 1]


def test_given_hits_that_are_no_pages_then_the_pages_among_them_are_found(
    client: ConfluenceClient, monkeypatch
) -> None:
    monkeypatch.setattr(client, "_found", lambda cql, params: [None, 7, {"id": "12"}])

    found = client.fetch_pages(["12", "13"])

    assert found.missing == ["13"]
