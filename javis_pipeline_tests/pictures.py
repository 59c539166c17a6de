"""`make pictures`: the pictures of the README, made from the demo as a browser and a terminal show it.

Run `javis demo` first: its stand-ins' state and its runs are what is shown.
"""

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests
from PIL import Image
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text
from selenium.webdriver.common.keys import Keys

from javis_pipeline.cli.instance import use_dagster_home
from javis_pipeline.settings import Settings, load_settings
from javis_pipeline_tests.browser import Browser, chromium
from javis_pipeline_tests.sites import free_port
from javis_pipeline_tests.terminals import ESCAPE, seen

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
# Enough for text, lines and the edges of letters; each picture stays below 200 kB.
COLOURS = 96
COLUMNS = 124
_PAGE = """<html><body style="margin:0;background:#0c0c0c;color:#ddd;padding:18px 22px;display:inline-block">
<pre style="font:14px/1.35 'DejaVu Sans Mono',monospace;margin:0">{code}</pre></body></html>"""


def main() -> None:
    """Write every picture anew."""
    FOLDER.mkdir(exist_ok=True)
    settings = load_settings()
    of_a_terminal("context", ["context", "--project", "OQC"])
    with sandbox(settings) as site:
        of_a_phone(site)
    with dagster(settings) as site:
        of_the_ui(site)


def of_a_terminal(name: str, arguments: Sequence[str]) -> None:
    """A command's output with its colours."""
    text = seen(arguments, COLUMNS, colours=True).rpartition("\n[")[0]
    width = max(len(ESCAPE.sub("", line)) for line in text.splitlines())
    screen = Console(width=width, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    screen.print(Text.from_ansi(text), soft_wrap=True)
    page = Path(tempfile.mkdtemp()) / "page.html"
    code = screen.export_html(inline_styles=True, code_format="{code}", theme=MONOKAI)
    page.write_text(_PAGE.format(code=code), encoding="utf-8")
    with browser(f"file://{page}") as seen_by:
        seen_by.resize(1200, 1600)
        seen_by.open("")
        save(seen_by.picture_of("//body"), name)


def of_a_phone(site: str) -> None:
    """The digest in the channel, as wide as a phone."""
    with browser(site) as seen_by:
        seen_by.resize(390, 1000)
        seen_by.open("/slack/oqc-team")
        seen_by.wait_for("at risk")
        digest = "//*[normalize-space(text())='OQC: at risk']"
        seen_by.scroll_to(f"{digest}/preceding::*[normalize-space(text())='Javis'][1]")
        save(seen_by.picture(), "digest")


def of_the_ui(site: str) -> None:
    """The graph, and the page of an asset."""
    with browser(site) as seen_by:
        seen_by.resize(1900, 900)
        seen_by.open("/asset-groups/")
        seen_by.click("//button[.//*[@aria-label='settings']][not(normalize-space(.))]")
        seen_by.click_on("Expand all groups")
        seen_by.wait_for("jira_issues", "slack_digest")
        seen_by.type(Keys.ESCAPE)
        seen_by.wait_until_gone("Collapse all groups")
        save(seen_by.picture(), "graph", part=(541, 110, 1855, 740))
        seen_by.resize(1500, 1100)
        seen_by.open("/assets/jira_issues?partition=OQC&view=overview")
        seen_by.wait_for("Row count", "editable, sent to Jira")
        save(seen_by.picture(), "asset")


@contextmanager
def browser(site: str) -> Iterator[Browser]:
    with tempfile.TemporaryDirectory() as profile, chromium(site, Path(profile)) as opened:
        yield opened


@contextmanager
def sandbox(settings: Settings) -> Iterator[str]:
    port = free_port()
    state = str(settings.javis_home / "sandbox")
    with _running("javis_pipeline", "sandbox", "--demo", "--port", str(port), "--state", state, answers=f":{port}/"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def dagster(settings: Settings) -> Iterator[str]:
    """The UI without schedules: nothing starts while it is looked at."""
    use_dagster_home(settings)
    port = free_port()
    arguments = ("-m", "javis_pipeline.definitions", "-p", str(port))
    with _running("dagster_webserver", *arguments, answers=f":{port}/server_info"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(module: str, *arguments: str, answers: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(process, f"http://127.0.0.1{answers}")
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", url: str) -> None:
    while process.poll() is None:
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            continue
        return
    raise SystemExit(f"it did not start: {url}")


def save(png: bytes, name: str, *, part: tuple[int, int, int, int] | None = None) -> None:
    """Write a picture, or the part between left, top, right and bottom, with few colours."""
    file = FOLDER / f"{name}.png"
    with Image.open(io.BytesIO(png)) as image:
        image.crop(part or (0, 0, *image.size)).convert("RGB").quantize(COLOURS).save(file, "PNG", optimize=True)
    print(f"{file}: {os.path.getsize(file) // 1000} kB")


if __name__ == "__main__":
    main()
