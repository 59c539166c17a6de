"""The HTTP face of the sandbox's Jira."""

from starlette.routing import BaseRoute

from javis_pipeline.sandbox.jira import api_agile, api_read, api_write
from javis_pipeline.sandbox.world import World


def routes(world: World) -> list[BaseRoute]:
    """All routes of Jira."""
    # `PUT issue/archive` must be tried before `PUT issue/{issue}`, which is why writing comes first.
    return [*api_write.routes(world.jira), *api_read.routes(world.jira), *api_agile.routes(world.jira)]
