"""The transport over a real socket: what it endures, repeats, refuses and never tells."""

import logging
import random
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from javis_pipeline.clients.auth import BasicAuth
from javis_pipeline.clients.calls import Exchange, Limits
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.refusals import COMMON
from javis_pipeline.errors import (
    IdentityError,
    OutcomeUnknown,
    RemoteBusy,
    RemoteMissing,
    RemoteRefused,
    SettingError,
    StaleRevision,
    SyncHalted,
)
from javis_pipeline.systems.jira.manners import JIRA
from javis_pipeline_tests.fake_site import FakeSite, Reply, fake_site

SECRET = "tok-3f9a-secret"
HTML = Reply(b"<html>Log in</html>", content_type="text/html")


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.naps.append(seconds)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with fake_site() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make(site: FakeSite, clock: FakeClock) -> Iterator[object]:
    made: list[Transport] = []

    def transport(**options: object) -> Transport:
        settings: dict[str, object] = {
            "name": "jira",
            "base_url": site.url,
            "auth": BasicAuth("ann@example.org", SECRET),
            "read_posts": frozenset({"/search"}),
            "manners": JIRA,
            "rate": 1000.0,
            "clock": clock,
            "sleep": clock.sleep,
            "jitter": random.Random(7),
        }
        made.append(Transport(**{**settings, **options}))  # type: ignore[arg-type] # options of the class
        return made[-1]

    yield transport
    for one in made:
        one.close()


# The end of a run


def test_given_a_run_that_has_had_its_time_then_nothing_more_is_asked(site, make, clock):
    site.script(Reply({"a": 1}))
    transport = make(limits=Limits(run_seconds=600.0))
    transport.get("/a")
    clock.now += 599

    transport.get("/a")
    clock.now += 1

    with pytest.raises(RemoteBusy, match=r"had its 10 minutes \(JAVIS_SYNC_MINUTES\)") as stopped:
        transport.get("/a")
    assert not stopped.value.about_one_record
    assert len(site.requests) == 2


def test_given_a_busy_site_when_the_run_ends_before_the_next_try_then_it_is_not_waited_for(site, make, clock):
    site.script(Reply({}, status=503, headers={"Retry-After": "30"}))
    transport = make(limits=Limits(run_seconds=20.0))

    with pytest.raises(RemoteBusy):
        transport.get("/a")

    assert clock.naps == []


# Reading an answer


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_given_a_large_answer_then_it_arrives_whole(site, make, packed, chunked):
    body = {"text": "".join(random.Random(1).choices("abcdef", k=300_000))}
    site.script(Reply(body, packed=packed, chunked=chunked))

    answers = [make().get("/a").body for _ in range(2)]

    assert answers == [body, body]


def test_given_several_calls_when_one_thread_makes_them_then_one_connection_serves_all(site, make):
    site.script(Reply({"text": "x" * 100_000}))
    transport = make()

    for _ in range(5):
        transport.get("/a")

    assert len(site.connections) == 1


def test_given_a_base_url_with_a_path_then_it_is_kept(site, make):
    make(base_url=f"{site.url}/ex/jira/abc/").get("/rest/api/3/myself", {"q": "a b", "keys": ["A", "B"]})

    assert site.requests[0].path == "/ex/jira/abc/rest/api/3/myself?q=a+b&keys=A&keys=B"


# What is repeated


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(status=429),
        Reply(status=503),
        Reply(status=500),
        Reply({"text": "x" * 5000}, send=100),
        Reply({"text": "x" * 5000}, send=1500, chunked=True),
        Reply(b'{"half": '),
        Reply(b""),
        Reply(hang_up=True),
    ],
    ids=["429", "503", "500", "cut", "cut chunk", "half JSON", "empty", "hung up"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_given_trouble_that_passes_when_reading_then_the_read_is_repeated(site, make, clock, trouble, method):
    site.script(trouble, trouble, Reply({"ok": True}))

    answer = make().request(method, "/search", json={} if method == "POST" else None)

    assert answer.body == {"ok": True}
    assert len(site.requests) == 3
    assert 1.4 <= clock.naps[0] <= 2.6
    assert 2.8 <= clock.naps[1] <= 5.2


def test_given_trouble_that_stays_when_reading_then_the_remote_is_busy_after_four_tries(site, make):
    site.script(Reply(status=503))

    with pytest.raises(RemoteBusy, match="failed 4x"):
        make().get("/a")

    assert len(site.requests) == 4


@pytest.mark.parametrize(
    "trouble",
    [Reply(status=500), Reply(status=503), Reply({"a": "x" * 5000}, send=9), Reply(hang_up=True), Reply(b"{"), HTML],
    ids=["500", "503", "cut", "hung up", "half JSON", "web page"],
)
def test_given_a_write_that_may_have_happened_then_it_is_not_repeated(site, make, trouble):
    site.script(trouble)

    with pytest.raises(OutcomeUnknown, match="PUT /issue/7"):
        make().request("PUT", "/issue/7", json={})

    assert len(site.requests) == 1


def test_given_a_write_that_was_rate_limited_then_it_is_repeated(site, make, clock):
    site.script(Reply(status=429, headers={"Retry-After": "7"}), Reply(status=204))

    answer = make().request("PUT", "/issue/7", json={"fields": {}})

    assert answer.status == 204
    assert [request.body for request in site.requests] == [{"fields": {}}] * 2
    assert sum(clock.naps) >= 7


def test_given_no_server_when_writing_then_nothing_was_executed_and_the_remote_is_busy(make):
    transport = make(base_url="http://127.0.0.1:9")

    with pytest.raises(RemoteBusy, match="no connection"):
        transport.request("PUT", "/issue/7", json={})


def test_given_a_server_that_stops_sending_then_the_read_limit_ends_it(site, make):
    site.script(Reply({"a": "x" * 500}, send=10, pause_seconds=0.6))

    with pytest.raises(OutcomeUnknown, match="broke"):
        make(limits=Limits(read_seconds=0.2)).request("PUT", "/a", json={})


def test_given_a_call_that_lasts_too_long_then_it_is_not_tried_again(site, make, clock):
    site.script(Reply(status=503, headers={"Retry-After": "40"}))

    with pytest.raises(RemoteBusy):
        make(limits=Limits(call_seconds=100)).get("/a")

    assert len(site.requests) == 3
    assert clock.now <= 1100


# Rate limits


def test_given_a_wait_of_more_than_a_minute_then_the_call_ends_and_says_how_long(site, make):
    site.script(Reply(status=429, headers={"Retry-After": "90"}))

    with pytest.raises(RemoteBusy) as busy:
        make().get("/a")

    assert busy.value.retry_after == timedelta(seconds=90)
    assert len(site.requests) == 1


def test_given_retry_after_as_a_date_then_it_is_read_against_the_servers_own_clock(site, make, clock):
    dates = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:49:57 GMT"}
    transport = make()
    site.script(Reply(status=503, headers=dates), Reply({"ok": 1}))

    transport.get("/a")

    assert clock.naps[-1] == pytest.approx(20, abs=2)


def test_given_a_burst_limit_then_the_endpoint_waits_and_others_do_not(site, make, clock):
    limited = Reply(status=429, headers={"Retry-After": "5", "RateLimit-Reason": "jira-burst-based"})
    transport = make(limits=Limits(tries=1))
    site.script(limited, Reply({"ok": 1}))
    with pytest.raises(RemoteBusy):
        transport.get("/issue/1")

    transport.get("/project/1")
    before = clock.now
    transport.get("/issue/2")

    assert before == 1000
    assert clock.now == pytest.approx(1005)


def test_given_a_limit_per_issue_then_only_that_issue_waits(site, make, clock):
    limited = Reply(status=429, headers={"Retry-After": "5", "RateLimit-Reason": "jira-per-issue-on-write"})
    transport = make(limits=Limits(tries=1))
    site.script(limited, Reply({"ok": 1}))
    with pytest.raises(RemoteBusy):
        transport.request("PUT", "/issue/1", json={})

    transport.request("PUT", "/issue/2", json={})
    before = clock.now
    transport.request("PUT", "/issue/1/property", json={})

    assert before == 1000
    assert clock.now == pytest.approx(1005)


def test_given_a_used_up_quota_then_everything_stops_until_the_reset(site, make):
    spent = {
        "RateLimit-Reason": "jira-quota-tenant-based",
        "X-RateLimit-Reset": "2026-01-01T10:30:00Z",
        "Date": "Thu, 01 Jan 2026 10:00:00 GMT",
    }
    site.script(Reply(status=429, headers=spent))
    transport = make()

    for path in ("/a", "/b"):
        with pytest.raises(RemoteBusy) as busy:
            transport.get(path)
        assert busy.value.retry_after == timedelta(minutes=30)

    assert len(site.requests) == 1


def test_given_many_threads_then_together_they_keep_the_rate(site, make, clock):
    transport = make(rate=10.0)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: transport.get("/a"), range(30)))

    assert len(site.requests) == 30
    assert sum(clock.naps) > 0
    assert len(site.connections) <= 4


def test_given_the_remote_says_near_limit_then_the_next_requests_are_slower(site, make, clock):
    transport = make(rate=10.0)
    site.script(Reply({"a": 1}, headers={"X-RateLimit-NearLimit": "true"}), Reply({"a": 1}))

    for _ in range(3):
        transport.get("/a")

    assert clock.naps == pytest.approx([0.2, 0.2])


# Errors by what to do next


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RemoteRefused),
        (401, IdentityError),
        (403, RemoteRefused),
        (404, RemoteMissing),
        (409, StaleRevision),
        (410, RemoteRefused),
    ],
)
def test_given_a_refusal_then_the_error_says_what_to_do_next(site, make, status, error):
    site.script(Reply({"errorMessages": ["No."], "errors": {}}, status=status))

    with pytest.raises(error):
        make().get("/a")

    assert len(site.requests) == 1


def test_given_a_system_of_which_no_more_is_known_then_only_the_common_words_are_told(site, make):
    site.script(Reply({"errorMessages": ["Nope."], "message": "No."}, status=400))

    with pytest.raises(RemoteRefused) as refused:
        make(manners=COMMON).get("/thing")

    assert str(refused.value).endswith("HTTP 400: No.")


def test_given_field_errors_then_they_are_told_per_field(site, make):
    site.script(Reply({"errorMessages": [], "errors": {"duedate": "Not a date."}}, status=400))

    with pytest.raises(RemoteRefused, match="duedate: Not a date") as refused:
        make().request("PUT", "/a", json={})

    assert refused.value.field_errors == {"duedate": "Not a date."}
    assert refused.value.status == 400


def test_given_a_redirect_then_it_is_not_followed(site, make):
    site.script(Reply(status=302, headers={"Location": f"{site.url}/elsewhere"}))

    with pytest.raises(SettingError, match="redirects"):
        make().get("/a")

    assert [request.path for request in site.requests] == ["/a"]


def test_given_a_web_page_instead_of_json_then_it_is_an_error_and_not_an_empty_answer(site, make):
    site.script(HTML)

    with pytest.raises(SettingError, match="web page"):
        make().get("/a")


def test_given_an_answer_that_is_too_large_then_it_is_not_taken(site, make):
    site.script(Reply({"text": "x" * 50_000}, packed=True))

    with pytest.raises(RemoteBusy, match="more than 10000 bytes"):
        make(limits=Limits(body_bytes=10_000, tries=1)).get("/a")


@pytest.mark.parametrize("url", ["acme.atlassian.net", "https://u:p@acme.net", "https://acme.net/?a=1", "ftp://a.b"])
def test_given_an_odd_base_url_then_it_is_a_setting_error(make, url):
    with pytest.raises(SettingError, match="must look like"):
        make(base_url=url)


# Dry runs


def test_given_a_dry_run_when_writing_then_nothing_is_sent(site, make):
    transport = make(read_only=True)

    for method, path in (("PUT", "/a"), ("POST", "/a"), ("DELETE", "/a"), ("PUT", "/search")):
        with pytest.raises(SyncHalted, match="dry run"):
            transport.request(method, path, json={})
    transport.post("/search", {})
    transport.get("/a")

    assert [(request.method, request.path) for request in site.requests] == [("POST", "/search"), ("GET", "/a")]


# Secrets


def test_given_a_secret_then_it_is_in_the_request_and_nowhere_else(site, make, caplog):
    caplog.set_level(logging.DEBUG)
    exchanges: list[Exchange] = []
    transport = make(record=exchanges.append, limits=Limits(tries=1))
    site.script(Reply({"a": 1}, headers={"Set-Cookie": "session=abc"}), Reply(status=500), Reply(hang_up=True))
    query = {"title": "Salaries"}
    transport.get("/a", query)

    failures = []
    for _ in range(2):
        with pytest.raises(RemoteBusy) as busy:
            transport.get("/a", query)
        failures += traceback.format_exception(busy.value)

    sent = site.requests[0].headers["Authorization"]
    told = f"{transport!r} {transport.auth!r} {exchanges} {failures} {caplog.text}"
    assert sent.startswith("Basic ")
    assert SECRET not in told
    assert sent.removeprefix("Basic ") not in told
    assert "session=abc" not in told
    assert "Salaries" not in f"{failures} {caplog.text}"
    assert [(one.method, one.url, one.status) for one in exchanges] == [
        ("GET", f"{site.url}/a?title=Salaries", 200),
        ("GET", f"{site.url}/a?title=Salaries", 500),
    ]


def test_given_a_netrc_for_the_host_then_it_does_not_replace_our_credentials(site, make, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))

    make().get("/a")

    assert site.requests[0].headers["Authorization"].endswith("YW5uQGV4YW1wbGUub3JnOnRvay0zZjlhLXNlY3JldA==")
