"""The HTTP face of the sandbox's Jira."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from javis_pipeline.sandbox.jira import api_agile, api_read, api_write, files
from javis_pipeline.sandbox.jira.data_center import api as data_center
from javis_pipeline.sandbox.world import World


def _to_page(request: Request) -> Response:
    """The page of an issue, which is the same for both editions."""
    return RedirectResponse(f"/browse/{request.path_params['issue']}")


def routes(world: World) -> list[BaseRoute]:
    """All routes of Jira: at the root on Cloud, below a context path of its own on Data Center."""
    if world.edition == "data-center":
        return [Mount("/jira", routes=[Route("/browse/{issue}", _to_page), *data_center.routes(world.jira)])]
    # `PUT issue/archive` must be tried before `PUT issue/{issue}`, which is why writing comes first.
    return [
        *api_write.routes(world.jira),
        *api_read.routes(world.jira),
        *api_agile.routes(world.jira),
        *files.routes(world.jira),
    ]
