"""Files that hang on issues: on Cloud they lie on another host, which wants a signed address and no credentials."""

from typing import Final
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from javis_pipeline.sandbox.jira.calls import Call, PageError, RefusedError, route
from javis_pipeline.sandbox.jira.issues import Attachment
from javis_pipeline.sandbox.jira.site import JiraSite

MEDIA: Final = "/media"


def routes(site: JiraSite) -> list[BaseRoute]:
    """The way to a file, and the other host's answer."""
    files = _Files(site)
    return [
        route(site, "/rest/api/3/attachment/content/{attachment}", "GET", files.content),
        Route(f"{MEDIA}/{{attachment}}/{{token}}", files.media),
    ]


def found(site: JiraSite, call: Call) -> Attachment:
    """The file that a call is about, if the caller sees its issue."""
    asked = call.path["attachment"]
    for issue in site.issues.values() if call.caller else ():
        for one in issue.attachments:
            if str(one.id) == asked and site.is_visible(issue):
                return one
    raise RefusedError(404, f"The attachment with id '{asked}' does not exist")


def served(attachment: Attachment) -> PageError:
    """The file as an answer."""
    return PageError(200, attachment.content, {"content-type": attachment.mime_type})


class _Files:
    def __init__(self, site: JiraSite) -> None:
        self._site = site
        self._token = f"{site.ground.random('jira-files').getrandbits(128):032x}"

    def content(self, call: Call) -> object:
        """Elsewhere: whether `redirect=false` is heeded for every file is not certain, so here it is for none."""
        raise PageError(303, b"", {"location": self._address(found(self._site, call))})

    def _address(self, attachment: Attachment) -> str:
        here = urlsplit(self._site.ground.base_url)
        other = here._replace(netloc=here.netloc.replace("127.0.0.1", "localhost"))
        return f"{other.geturl()}{MEDIA}/{attachment.id}/{self._token}?name={quote(attachment.name, safe='')}"

    async def media(self, request: Request) -> Response:
        if "authorization" in request.headers or "cookie" in request.headers:
            return Response(b"Only one auth mechanism allowed", 400)
        if request.path_params["token"] != self._token:
            return Response(b"", 403)
        with self._site.ground.lock:
            files = (one for issue in self._site.issues.values() for one in issue.attachments)
            attachment = next((one for one in files if str(one.id) == request.path_params["attachment"]), None)
        if attachment is None:
            return Response(b"", 404)
        return Response(attachment.content, media_type=attachment.mime_type)
