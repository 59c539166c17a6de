"""Law: whatever is written into a setting, one clear line says so, and no secret is shown on the way to it."""

import logging
import random
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.clients.slack.web import SlackWeb
from javis_pipeline.db.backup import back_up
from javis_pipeline.db.connection import Database, dagster_url, display_name
from javis_pipeline.errors import JavisError
from javis_pipeline.settings import Settings, load_settings
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline_tests.property.sync_histories import how_many

VALUES = how_many("JAVIS_FUZZED_SETTINGS", usual=400, thorough=5_000)
SECRET = "s3cr3t"

pytestmark = pytest.mark.fuzz

HOSTILE = (
    SECRET,
    f"postgresql://ann:{SECRET}@127.0.0.1:9/javis",
    f"postgresql://ann:{SECRET}/x@127.0.0.1:9/javis",
    f"postgresql://ann:{SECRET}?x@127.0.0.1:9/javis",
    f"postgresql://ann:1?sslmode={SECRET}@127.0.0.1:9/javis",
    f"postgresql://ann:{SECRET}@x@127.0.0.1:9/javis",
    f"postgresql://ann:{SECRET}@127.0.0.1:port/javis",
    f"postgresql://ann:{SECRET}@127.0.0.1:99999999/javis",
    f"postgresql://ann:{SECRET}@127.0.0.1:9,127.0.0.2:9/javis",
    f"postgresql://ann:{SECRET}@[::1/javis",
    f"postgresql://ann:{SECRET}@127.0.0.1:9/javis?connect_timeout=soon",
    f"postgresql://ann:{SECRET}@127.0.0.1:9/javis?unknown=1",
    f"postgresql://127.0.0.1:9/javis?password={SECRET}&sslmode=never",
    f"postgresql://ann:{SECRET}%@127.0.0.1:9/javis",
    "postgresql://",
    f"mysql://ann:{SECRET}@127.0.0.1/javis",
    f"http://ann:{SECRET}@127.0.0.1:9",
    f"https://127.0.0.1:9/?token={SECRET}",
    f"http://127.0.0.1:9/#{SECRET}",
    "http://127.0.0.1:99999",
    "http://[::1",
    "http://",
    "//127.0.0.1:9",
    "http://127.0.0.1:9",
    "http://exa mple.org",
    "http://\u2100.example.org",
    "http://" + "a" * 300 + ".example.org",
    "\u202e\ufffd",
    "a\nb",
    "a\x1b[31mb",
    "0",
    "-1",
    "1e400",
    "9" * 400,
    "NaN",
    "true",
    "[]",
    "{}",
    '{"a": 1}',
    ",",
    ":",
    "a:b:c",
    "OQC:",
    ":OQC",
    "OQC,oqc",
    "../../etc/passwd",
    "/dev/null",
    "/proc/self/mem",
    "~nobody/x",
    "x" * 100_000,
    " ",
    "%s%n",
    "${HOME}",
)


def broken_rules(step: Callable[[], object], log: pytest.LogCaptureFixture) -> Iterator[str]:
    """What is wrong with how the step ends."""
    log.clear()
    try:
        step()
    except JavisError as error:
        told = "".join(traceback.format_exception(error))
        if "\n" in str(error).strip():
            yield f"more than one line: {error}"
        if SECRET in told:
            yield f"shows the secret: {error}"
    except Exception as error:  # noqa: BLE001 - what this test is about
        yield f"{type(error).__name__}: {str(error)[:200]}"
    if SECRET in log.text:
        yield f"logs the secret: {log.text[:300]}"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("JAVIS_HOME", str(tmp_path))
    return monkeypatch


def test_given_anything_in_any_setting_then_one_error_names_it_and_shows_nothing(environment, caplog):
    caplog.set_level(logging.DEBUG)
    rng, found = random.Random(1), []
    names = [name.upper() for name in Settings.model_fields]
    for number in range(VALUES):
        name, value = names[number % len(names)], rng.choice(HOSTILE)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(name, value)
            found += [f"{name}={value[:60]}: {broken}" for broken in broken_rules(load_settings, caplog)]

    assert found == []


def uses(value: str, folder: Path) -> Iterator[Callable[[], object]]:
    """What is done with a URL that the settings have taken."""
    limits = Limits(connect_seconds=1, read_seconds=1, call_seconds=2, tries=1)
    yield lambda: JiraClient(value, "ann@example.org", SECRET, limits=limits).prove_identity()
    yield lambda: ConfluenceClient(value, "ann@example.org", SECRET, limits=limits).prove_identity()
    yield lambda: SlackWeb(SECRET, value, deadline=timedelta(seconds=2), sleep=lambda _: None).read("auth.test")
    yield lambda: display_name(value)
    yield lambda: Database(value).close()
    yield lambda: back_up(value, folder / "backup", pg_bin=None)


@pytest.mark.parametrize("value", [value for value in HOSTILE if len(value) < 1000 and "\n" not in value], ids=repr)
def test_given_any_url_when_it_is_used_then_one_line_says_so_and_shows_nothing(value, caplog, tmp_path, environment):
    caplog.set_level(logging.DEBUG)

    found = [broken for use in uses(value, tmp_path) for broken in broken_rules(use, caplog)]

    assert found == []


@pytest.mark.parametrize("name", ["DAGSTER_POSTGRES_URL", "DATABASE_URL"])
@pytest.mark.parametrize("value", [value for value in HOSTILE if value.startswith("postgres")], ids=repr)
def test_given_any_url_of_a_database_then_dagsters_is_made_of_it_or_one_line_says_why_not(
    name, value, environment, caplog
):
    environment.setenv(name, value)

    assert list(broken_rules(lambda: dagster_url(load_settings()), caplog)) == []
