"""Law: whatever a server does on its socket, a call ends in time, with an answer or with an error of ours."""

import random
import resource
import time
import traceback
from datetime import timedelta

import pytest

from javis_pipeline.clients.auth import BasicAuth
from javis_pipeline.clients.calls import Answer, Limits
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.pacing import MOST_ASKED_SECONDS, asked_wait, until_refilled
from javis_pipeline.errors import JavisError, OutcomeUnknown, RemoteBusy, SettingError
from javis_pipeline.systems.jira.manners import JIRA
from javis_pipeline_tests.fake_site import Reply, fake_site
from javis_pipeline_tests.hostile_site import QUICK_TRICKS, SLOW_TRICKS, deaf, hostile_site, say

CALL_SECONDS = 0.8
GRACE_SECONDS = 2.0  # the machine may be busy


def transport(url: str, *, call_seconds: float = CALL_SECONDS, **limits: float) -> Transport:
    bounds = Limits(read_seconds=0.5, call_seconds=call_seconds, tries=1, body_bytes=1_000_000, **limits)
    return Transport(
        "jira", url, BasicAuth("ann@example.org", "secret"), manners=JIRA, limits=bounds, jitter=random.Random(1)
    )


def outcome(transport: Transport, method: str, json: object = None) -> Answer | JavisError:
    try:
        return transport.request(method, "/a", json=json)
    except JavisError as error:
        return error
    finally:
        transport.close()


@pytest.mark.parametrize("trick", SLOW_TRICKS.values(), ids=SLOW_TRICKS)
def test_given_a_server_that_keeps_us_then_nothing_outlasts_the_call(trick):
    with hostile_site(trick) as url:
        began_at = time.monotonic()

        found = outcome(transport(url), "GET")

        assert isinstance(found, RemoteBusy)
        assert time.monotonic() - began_at < CALL_SECONDS + GRACE_SECONDS


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("trick", QUICK_TRICKS.values(), ids=QUICK_TRICKS)
def test_given_anything_on_the_socket_then_it_is_an_answer_or_an_error_of_ours(trick, method):
    with hostile_site(trick) as url:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        found = outcome(transport(url, call_seconds=10), method, json={})

        assert isinstance(found, Answer | JavisError)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_given_a_server_that_does_not_take_a_large_write_then_the_call_ends_and_its_outcome_is_open():
    with hostile_site(deaf) as url:
        began_at = time.monotonic()

        found = outcome(transport(url), "PUT", json={"text": "x" * 20_000_000})

        assert isinstance(found, OutcomeUnknown)
        assert time.monotonic() - began_at < CALL_SECONDS + GRACE_SECONDS


def test_given_early_hints_in_place_of_an_answer_then_a_write_is_not_taken_for_done():
    with hostile_site(say(b"HTTP/1.1 103 Early Hints\r\n\r\n")) as url:
        assert isinstance(outcome(transport(url), "PUT", json={}), OutcomeUnknown)


def test_given_a_name_that_is_looked_up_for_ever_then_the_call_ends_and_nothing_was_executed(monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: time.sleep(4))
    began_at = time.monotonic()

    found = outcome(transport("http://jira.example.org"), "PUT", json={})

    assert isinstance(found, RemoteBusy)
    assert "no connection" in str(found)
    assert time.monotonic() - began_at < CALL_SECONDS + GRACE_SECONDS


def test_given_tls_that_never_begins_then_the_call_ends_and_nothing_was_executed():
    with hostile_site(SLOW_TRICKS["says nothing"]) as url:
        found = outcome(transport(url.replace("http://", "https://")), "PUT", json={})

        assert isinstance(found, RemoteBusy)


def test_given_half_a_surrogate_in_a_text_then_the_rest_of_the_answer_is_read():
    said = rb'{"a": "x\ud800y", "b": "\ud83d\ude00", "c": "\\ud800", "d": "\udc00\ud83d\ude00", "e": "\u0000"}'
    with hostile_site(say(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", said)) as url:
        body = transport(url).get("/a").body

    assert body == {"a": "x\ufffdy", "b": "\U0001f600", "c": "\\ud800", "d": "\ufffd\U0001f600", "e": "\ufffd"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PROXY", "http://bob:tok-proxy@"),
        ("HTTP_PROXY", "bob:tok-proxy"),
        ("HTTP_PROXY", "socks5://bob:tok-proxy@127.0.0.1:9"),
        ("HTTP_PROXY", "http://bob:tok-proxy@127.0.0.1:99999"),
        ("HTTP_PROXY", "http://bob:tok-proxy@127.0.0.1:9"),
        ("HTTP_PROXY", "http://bob:tok-proxy@[::1"),
        ("REQUESTS_CA_BUNDLE", "/nowhere/tok-proxy.pem"),
        ("REQUESTS_CA_BUNDLE", "/etc/hostname"),
    ],
)
def test_given_an_odd_environment_then_one_line_says_so_and_quotes_nothing(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    found = outcome(transport("http://jira.example.org" if "PROXY" in name else "https://127.0.0.1:9"), "GET")

    assert isinstance(found, SettingError | RemoteBusy)
    assert "tok-proxy" not in "".join(traceback.format_exception(found))
    assert "\n" not in str(found)


# How long to wait

DATE = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 7.5 "}, 7.5),
        ({"Retry-After": "99999999999999999999"}, MOST_ASKED_SECONDS),
        ({"Retry-After": "9" * 5000}, MOST_ASKED_SECONDS),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "1e400"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "\u0667"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
        ({**DATE, "Retry-After": "Sun, 06 Nov 1994 08:49:57 GMT"}, 20),
        ({**DATE, "Retry-After": "Sun, 06 Nov 1994 08:49:07 GMT"}, 0),
        ({**DATE, "Retry-After": "Sun, 99 Nov 1994 08:49:57 GMT"}, None),
        ({**DATE, "Retry-After": "Sun, 06 Nov 9999 08:49:57 GMT"}, MOST_ASKED_SECONDS),
        ({**DATE, "X-RateLimit-Reset": "1994-11-06T08:50:37Z"}, 60),
        ({**DATE, "X-RateLimit-Reset": "0001-01-01T00:00:00+23:59"}, 0),
        ({**DATE, "X-RateLimit-Reset": "1994-11-06T08:50:37"}, None),
        ({**DATE, "X-RateLimit-Reset": "soon"}, None),
        ({"Retry-After": "Sun, 06 Nov 1994 08:49:57 GMT"}, None),
    ],
)
def test_what_an_answer_asks_us_to_wait(headers, seconds):
    assert asked_wait(headers) == seconds


def bucket(left: str, fill: str = "5", interval: str = "1") -> dict[str, str]:
    return {"X-RateLimit-Remaining": left, "X-RateLimit-FillRate": fill, "X-RateLimit-Interval-Seconds": interval}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (bucket("69"), 0.0),
        (bucket("8"), 0.2),
        (bucket("0"), 1.8),
        (bucket("0", fill="2", interval="10"), 45.0),
        (bucket("0", fill="0"), 0.0),
        (bucket("0", fill="9" * 5000), 0.0),
        (bucket("-1"), 0.0),
        ({"X-RateLimit-Remaining": "0"}, 0.0),
        ({}, 0.0),
    ],
)
def test_a_bucket_that_is_nearly_empty_is_let_fill_where_the_site_says_how_fast(headers, seconds):
    assert until_refilled(headers) == pytest.approx(seconds)


@pytest.mark.parametrize("reason", ["", "jira-quota-tenant-based", "jira-per-issue-on-write"])
def test_given_a_wait_beyond_all_clocks_then_the_remote_is_busy(reason):
    with fake_site() as site:
        site.script(Reply(status=429, headers={"Retry-After": "99999999999999999999", "RateLimit-Reason": reason}))

        found = outcome(transport(site.url), "PUT", json={})

    assert isinstance(found, RemoteBusy)
    assert found.retry_after == timedelta(days=1)
