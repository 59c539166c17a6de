"""The ASGI application: all services on one port, with faults in front of them."""

from importlib import import_module

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from javis_pipeline.sandbox.faults import Rule, parse_rules
from javis_pipeline.sandbox.weather import Weather
from javis_pipeline.sandbox.world import World

# Each holds `routes(world) -> list[BaseRoute]`. `page` is last because it answers at `/`.
SERVICES = ("jira", "confluence", "slack", "claude", "page")


def create_app(world: World) -> Starlette:
    """The sandbox as an ASGI application.

    A service sees paths without gateway prefix: `/ex/jira/{cloudId}/rest/...` reaches it as `/rest/...`.
    Jira is at `/rest` (Data Center: `/jira/rest`), Confluence at `/wiki`, Slack at `/api`, Claude at `/v1`, the page at
    `/`, the controls at `/sandbox`.
    """
    routes = controls(world)
    for service in SERVICES:
        routes += import_module(f"javis_pipeline.sandbox.{service}.routes").routes(world)
    return Starlette(routes=routes, middleware=[Middleware(Weather, world=world)])


def controls(world: World) -> list[BaseRoute]:
    """Routes that are no service: faults and traffic. Faults never happen to them."""

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            world.faults.clear()
        if request.method == "POST":
            try:
                world.faults.add(*parse_rules((await request.body()).decode()))
            except ValueError as error:
                return Response(str(error), 400)
        return _json([_shown(rule) for rule in world.faults.rules])

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            world.exchanges.clear()
        return _json(
            [
                {
                    "number": e.number,
                    "at": e.at,
                    "method": e.method,
                    "url": e.url,
                    "status": e.status,
                    "fault": e.fault,
                }
                for e in world.exchanges.matching()
            ]
        )

    return [
        Route("/sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/sandbox/requests", requests, methods=["GET", "DELETE"]),
    ]


def _shown(rule: Rule) -> dict[str, object]:
    shown = {name: value for name, value in vars(rule).items() if name != "action"}
    return shown | {"fault": vars(rule.fault) if rule.fault else None}


def _json(value: object) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")
