"""Digests for tests, and a Slack that they are posted to."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from javis_pipeline.clients.slack.client import SlackClient
from javis_pipeline.records.digest import Digest, OpenConflict, Proposal
from javis_pipeline.records.suggestion import Action
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.slack.site import Channel
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.contexts import BOB, a_context, a_risk, a_sprint, an_issue_brief

CHANNEL = "oqc-team"


def a_proposal(number: int = 1, **parts: Any) -> Proposal:
    """A suggestion that nobody has decided."""
    usual: dict[str, Any] = {
        "suggestion_id": UUID(int=number),
        "title": f"Raise the priority of OQC-{number}",
        "rationale": f"OQC-{number} is overdue for 3 days and nobody has looked at it.",
        "issue_keys": (f"OQC-{number}",),
        "actions": (Action("set_priority", f"OQC-{number}", "High"),),
    }
    return Proposal(**(usual | parts))


def a_conflict(number: int = 1, **parts: Any) -> OpenConflict:
    """A title that was changed on both sides."""
    usual: dict[str, Any] = {
        "conflict_id": UUID(int=1000 + number),
        "system": "jira",
        "scope": "OQC",
        "name": f"OQC-{number}",
        "resource_id": f"{10_000 + number}",
        "field": "title",
        "kind": "both_changed",
        "base": "Calibrate",
        "local": "Calibrate the lamp",
        "remote": "Calibrate the camera",
    }
    return OpenConflict(**(usual | parts))


def a_digest(risks: int = 2, proposals: int = 2, conflicts: int = 1, **parts: Any) -> Digest:
    """A digest of project OQC with a sprint and so many of each."""
    keys = [f"OQC-{number}" for number in range(1, risks + 1)]
    usual: dict[str, Any] = {
        "context": a_context(
            sprints=(a_sprint(*keys, end_on=date(2026, 3, 6)),),
            risks=tuple(a_risk("overdue", key, summary=f"{key} is overdue for 3 days") for key in keys),
            issues=tuple(an_issue_brief(key) for key in keys),
            people=(BOB,),
        ),
        "engine": "rules",
        "proposals": tuple(map(a_proposal, range(1, proposals + 1))),
        "conflicts": tuple(map(a_conflict, range(1, conflicts + 1))),
    }
    return Digest(**(usual | parts))


@contextmanager
def a_slack_world() -> Iterator[World]:
    """A sandbox with the team's channel, one the app is not in, and no limits of the rate."""
    world = World(seed=3)
    world.slack.add_channel(CHANNEL)
    world.slack.add_channel("elsewhere", bot_joins=False)
    world.slack.limits = None
    with SandboxServer(world):
        yield world


def a_slack_client(world: World, token: str | None = None, **parts: Any) -> SlackClient:
    """A client of the sandbox's Slack that does not wait."""
    return SlackClient(
        token or world.credentials.slack_bot_token,
        base_url=f"{world.base_url}/api/",
        **{"sleep": lambda seconds: None, **parts},
    )


def channel(world: World, name: str = CHANNEL) -> Channel:
    """The channel as Slack keeps it."""
    return world.slack.channel(name)


def posts(world: World, name: str = CHANNEL) -> list[dict[str, Any]]:
    """The messages in the channel itself, oldest first."""
    return [message for message in channel(world, name).messages if not _is_reply(message)]


def replies(world: World, name: str = CHANNEL) -> list[dict[str, Any]]:
    """The messages in threads, oldest first."""
    return [message for message in channel(world, name).messages if _is_reply(message)]


def _is_reply(message: dict[str, Any]) -> bool:
    return bool(message.get("thread_ts", message["ts"]) != message["ts"])


def shown(message: dict[str, Any]) -> str:
    """All text of a message's blocks, one after the other."""
    return "\n".join(_texts(message.get("blocks") or []))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
