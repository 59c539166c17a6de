"""A file of a site, piece by piece: it may be large, and it may lie with somebody else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from javis_pipeline.clients.auth import Anonymous
from javis_pipeline.clients.calls import Params
from javis_pipeline.clients.failures import Failed, transport_failure
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.json_bytes import json_or_none
from javis_pipeline.clients.lines import open_line
from javis_pipeline.clients.refusals import refusal
from javis_pipeline.errors import RemoteBusy, RemoteRefused, SettingError

_CHUNK_BYTES: Final = 1 << 16
_REFUSAL_BYTES: Final = 1 << 16


def download(http: Transport, path: str, params: Params, write: Callable[[bytes], object], *, most_bytes: int) -> int:
    """Hand the file at a path of the site to `write`, in pieces; how many bytes it has.

    Where the site sends us to another host, its signed address is asked, without our credentials, once.

    Raises:
        RemoteBusy: The site is overloaded or not reachable, or the file did not come whole.
        RemoteRefused: Refused (RemoteMissing for 404), or the file has more than `most_bytes`.
        IdentityError, SettingError: We are not who we should be, or the site sends us to its login page.
    """
    url = http.base_url + path + (f"?{urlencode(params, doseq=True)}" if params else "")
    with _asked(http, url, http.auth, most_bytes) as answer:
        if not 300 <= answer.status_code < 400:
            return _written(http, path, answer, write, most_bytes)
        target = urljoin(url, answer.headers.get("Location", ""))
    _check_elsewhere(http, path, target)
    with _asked(http, target, Anonymous(), most_bytes) as answer:
        return _written(http, path, answer, write, most_bytes)


def _check_elsewhere(http: Transport, path: str, target: str) -> None:
    here, there = urlsplit(http.base_url), urlsplit(target)
    if there.netloc == here.netloc:
        raise SettingError(f"{http.name}: GET {path} leads to a login page; check the token")
    if there.scheme != "https" and there.scheme != here.scheme:
        raise RemoteRefused(f"{http.name}: GET {path} leads to an address without TLS; it was not asked", status=400)


@contextmanager
def _asked(http: Transport, url: str, auth: AuthBase, most_bytes: int) -> Iterator[requests.Response]:
    """One answer, of which nothing but the head was read. A line of its own: no cookie goes along."""
    line = open_line(http.name, url, http.clock)
    try:
        line.deadline.begin(http.clock() + http.limits.run_seconds, http.limits.read_seconds, most_bytes)
        timeout = (http.limits.connect_seconds, http.limits.read_seconds)
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        with line.session.get(
            url, headers=headers, auth=auth, timeout=timeout, allow_redirects=False, stream=True
        ) as answer:
            yield answer
    except (requests.RequestException, HTTPError, OSError) as error:
        # Not chained: what the libraries say holds the whole URL, and that one is signed.
        failure = transport_failure(http.name, http.base_url, error, sent=line.deadline.sent)
        if isinstance(failure, Failed):
            failure = RemoteBusy(f"{http.name}: the file did not come ({failure}); run again later")
        raise failure from None
    finally:
        line.deadline.end()
        line.session.close()


def _written(
    http: Transport, path: str, answer: requests.Response, write: Callable[[bytes], object], most_bytes: int
) -> int:
    if answer.status_code == 429 or answer.status_code >= 500:
        raise RemoteBusy(f"{http.name}: GET {path} failed (HTTP {answer.status_code}); run again later")
    if answer.status_code != 200:
        said = json_or_none(answer.raw.read1(_REFUSAL_BYTES))
        raise refusal(http.manners, http.name, f"GET {path}", answer.status_code, said)
    size = 0
    while part := answer.raw.read1(_CHUNK_BYTES):
        size += len(part)
        if size > most_bytes:
            raise RemoteRefused(f"{http.name}: the file has more than {most_bytes} bytes", status=413)
        write(part)
    return size
