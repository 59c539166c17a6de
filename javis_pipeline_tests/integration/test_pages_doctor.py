"""What the doctor says of a Confluence site."""

from collections.abc import Iterator

import pytest

from javis_pipeline.clients.calls import Exchange
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.doctor import Check
from javis_pipeline.systems.confluence.doctor import check_confluence
from javis_pipeline_tests.confluence_spaces import a_client


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3)) as server:
        for key in ("ENG", "OLD", "RO"):
            server.world.confluence.add_space(key, f"Space {key}")
        yield server.world


def lines(world: World, *spaces: str) -> list[Check]:
    with a_client(world) as client:
        return list(check_confluence(client, spaces))


def test_given_a_healthy_space_then_all_is_well_and_nothing_is_written(world):
    exchanges: list[Exchange] = []
    with a_client(world, exchanges) as client:
        found = [(check.subject, check.verdict) for check in check_confluence(client, ["ENG"])]

    assert found == [
        ("confluence identity", "ok"),
        ("confluence ENG", "ok"),
        ("confluence ENG permissions", "ok"),
    ]
    assert {exchange.method for exchange in exchanges} == {"GET"}


def test_given_an_archived_space_then_a_line_says_that_nobody_can_edit_there(world):
    world.confluence.space("OLD").status = "archived"

    (_, old) = lines(world, "OLD")

    assert (old.verdict, old.finding) == ("warning", "Space OLD, archived: its pages cannot be edited")


def test_given_a_space_that_is_read_only_for_us_then_the_line_names_the_right_to_grant(world):
    world.confluence.switches.read_only_spaces = {"RO"}

    permissions = lines(world, "RO")[-1]

    assert permissions.verdict == "failed"
    assert "grant it in the space's permissions" in permissions.remedy


def test_given_a_space_that_is_not_there_then_the_nearest_is_named_and_the_others_are_checked(world):
    _, missing, *others = lines(world, "ENGX", "ENG")

    assert missing.verdict == "failed"
    assert "the nearest it sees are ENG" in missing.finding
    assert [check.verdict for check in others] == ["ok", "ok"]


def test_given_a_wrong_token_then_one_line_says_so_without_it(world):
    with a_client(world) as client:
        token, world.credentials.api_token = world.credentials.api_token, "another"
        (only,) = check_confluence(client, ["ENG"])

    assert only.verdict == "failed"
    assert "CONFLUENCE_TOKEN" in only.finding
    assert token not in only.finding
