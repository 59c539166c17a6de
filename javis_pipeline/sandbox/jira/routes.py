"""The HTTP face of the sandbox's Jira."""

from starlette.routing import BaseRoute

from javis_pipeline.sandbox.world import World


def routes(world: World) -> list[BaseRoute]:  # noqa: ARG001 - every service is made from the world
    """All routes of Jira."""
    return []
