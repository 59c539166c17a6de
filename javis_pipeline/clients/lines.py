"""What one request at a time talks through: a session with the proxies and certificates of the environment."""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import parse_url

from javis_pipeline.clients.deadline import BoundedAdapter, Deadline
from javis_pipeline.errors import SettingError

# At DEBUG urllib3 would log whole URLs, and a query may hold the title of a page.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
# And whole headers with a URL, where the headers are odd.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class Line(NamedTuple):
    """A session, and the deadline of the request under way."""

    session: requests.Session
    deadline: Deadline


def open_line(name: str, base_url: str, clock: Callable[[], float]) -> Line:
    """A line for one request at a time: sessions of requests are not safe to share."""
    line = Line(_session(name, base_url), Deadline(clock))
    for scheme in ("https://", "http://"):
        line.session.mount(scheme, BoundedAdapter(line.deadline))
    return line


class _Session(requests.Session):
    """One that follows nothing: to look where a redirect leads, requests would read a body without any bound."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        del resp


def _session(name: str, base_url: str) -> requests.Session:
    """A session with the proxies and certificates of the environment.

    They are read once: requests would look through the whole environment for every request.
    """
    session = _Session()
    environment = None
    with suppress(HTTPError, ValueError, OSError):
        environment = session.merge_environment_settings(base_url, {}, None, None, None)
    if environment is None or not all(_has_host(url) for kind, url in environment["proxies"].items() if kind != "no"):
        # Not quoted: the URL of a proxy may hold a password.
        raise SettingError(f"{name}: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY or NO_PROXY cannot be read")
    if isinstance(environment["verify"], str) and not os.path.exists(environment["verify"]):
        raise SettingError(
            f"{name}: the file of certificates that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names is not there"
        )
    session.proxies, session.verify, session.trust_env = environment["proxies"], environment["verify"], False
    session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "javis"})
    session.headers["X-Atlassian-Token"] = "no-check"  # else self-hosted sites take some writes for forged ones
    return session


def _has_host(url: str) -> bool:
    """Whether a proxy's URL, with or without a scheme, names a host."""
    with suppress(LocationParseError):
        return bool(parse_url(url if "://" in url else f"http://{url}").host)
    return False


def checked_base_url(name: str, url: str) -> str:
    """The URL without a slash at its end; SettingError for one that is none, or that holds more than a place."""
    with suppress(ValueError):  # of a host or a port that is none
        parts = urlsplit(url)
        is_plain = not (parts.query or parts.fragment or "@" in parts.netloc)
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and is_plain:
            return url.rstrip("/")
    raise SettingError(f"the {name} URL must look like https://acme.atlassian.net, without user, query or fragment")
