"""A headless Chromium, and what a person does with it: look for words, click on them, type.

Every look waits until the page shows what is looked for. It may take long, because the machine may be busy; nothing
waits longer than it must.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

Found = TypeVar("Found")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
WAIT_SECONDS = 300.0
LOOK_SECONDS = 0.2
SELDOM_SECONDS = 1.0  # between looks at what takes its time: each costs the machine that is waited for
RELOAD_SECONDS = 8.0

# A page that draws itself anew moves what we are about to click on: look again.
_MOVED = (StaleElementReferenceException, ElementClickInterceptedException, ElementNotInteractableException)
_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # without it, it does not start as root, as whom containers run
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
    "--window-size=1600,1000",
)

# What turns and fades keeps a machine without a graphics card busy, and moves away from under the pointer.
_STAND_STILL = """
document.addEventListener('DOMContentLoaded', () => {
  const style = document.createElement('style');
  style.textContent = '*, *::before, *::after { animation: none !important; transition: none !important; }';
  document.head.append(style);
});
"""


class Browser:
    """A browser on one site."""

    def __init__(self, chrome: Chrome, site: str) -> None:
        """Look at `site`, a URL without a trailing slash, through `chrome`."""
        self._chrome = chrome
        self.site = site

    @property
    def path(self) -> str:
        """The page it is on."""
        return self._chrome.current_url.removeprefix(self.site)

    def open(self, path: str) -> None:
        """Go to a page of the site."""
        self._chrome.get(self.site + path)

    def resize(self, width: int, height: int) -> None:
        """Make the page so large, whatever the window's own edges take."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self._chrome.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})

    def scroll_to(self, xpath: str) -> None:
        """Have the element that `xpath` finds on top of what is seen."""
        self._chrome.execute_script("arguments[0].scrollIntoView()", self.find(xpath))

    def picture(self) -> bytes:
        """A PNG of what is seen."""
        return self._chrome.get_screenshot_as_png()

    def picture_of(self, xpath: str) -> bytes:
        """A PNG of one element."""
        return self.find(xpath).screenshot_as_png

    def wait_for(self, *words: str, anew: bool = False) -> str:
        """The page's visible text, as soon as all `words` are in it.

        Args:
            words: What has to be there.
            anew: Load the page again from time to time, as a person does who waits for something to be done.
        """
        text = ""

        def is_shown() -> str | None:
            nonlocal text
            text = self._chrome.find_element(By.TAG_NAME, "body").text
            return text if all(word in text for word in words) else None

        try:
            return self.until(is_shown, f"the page does not show {words}", anew=anew)
        except AssertionError as error:
            error.add_note(f"it shows:\n{text}")
            raise

    def wait_until_gone(self, words: str) -> None:
        """Return as soon as the page shows nothing that is exactly these words."""
        self.until(lambda: self._visible(_saying(words)) is None, f"the page still shows {words!r}")

    def click(self, xpath: str) -> None:
        """Click on the visible element that `xpath` finds; on the last of several: dialogs and menus come last."""

        def is_clicked() -> bool:
            element = self._visible(xpath)
            if element is not None:
                element.click()
            return element is not None

        self.until(is_clicked, f"{xpath} cannot be clicked on")

    def click_on(self, words: str) -> None:
        """Click on these words, once they can be clicked on."""
        self.click(f"{_saying(words)}[not(ancestor-or-self::button[@disabled])]")

    def find(self, xpath: str) -> WebElement:
        """The visible element that `xpath` finds."""
        return self.until(lambda: self._visible(xpath), f"{xpath} is not there")

    def find_all(self, xpath: str) -> list[WebElement]:
        """What `xpath` finds now, visible or not."""
        return self._chrome.find_elements(By.XPATH, xpath)

    def type(self, *keys: str) -> None:
        """Type into what has the focus."""
        ActionChains(self._chrome).send_keys(*keys).perform()

    def replace_last_word(self, line: str, old: str, new: str) -> None:
        """In an editor, type `new` over `old`, the last word of the line that begins with `line`."""
        self.click(f"//*[contains(@class, 'CodeMirror-line')][starts-with(normalize-space(.), '{line}')]")
        self.type(Keys.END, *[Keys.BACKSPACE] * len(old), new)

    def until(
        self, holds: Callable[[], Found | None], what: str, *, seconds: float = WAIT_SECONDS, anew: bool = False
    ) -> Found:
        """What `holds` gives, once it is true; AssertionError with `what` when it has not become so."""
        started = time.monotonic()
        reload_at, pause = started + RELOAD_SECONDS, LOOK_SECONDS
        while time.monotonic() < started + seconds:
            try:
                found = holds()
            except _MOVED:
                found = None
            if found:
                return found
            if anew and time.monotonic() > reload_at:
                self._chrome.refresh()
                reload_at = time.monotonic() + RELOAD_SECONDS
            time.sleep(pause)
            pause = min(pause * 1.2, SELDOM_SECONDS)
        raise AssertionError(f"{what}, for {seconds:.0f} s")

    @contextmanager
    def step(self, name: str, folder: Path) -> Iterator[None]:
        """A part of a walk; when it fails, the failure says which, and where the picture of the page is."""
        try:
            yield
        except Exception as error:
            picture = folder / f"{name.replace(' ', '_')}.png"
            self._chrome.save_screenshot(str(picture))
            error.add_note(f"step: {name}; at {self._chrome.current_url}; picture of the page: {picture}")
            raise

    def _visible(self, xpath: str) -> WebElement | None:
        return next((found for found in reversed(self.find_all(xpath)) if found.is_displayed()), None)


def _saying(words: str) -> str:
    return f"//*[normalize-space(text())='{words}']"


@contextmanager
def chromium(site: str, folder: Path) -> Iterator[Browser]:
    """A headless browser on `site` while the block lasts; its profile is in `folder`.

    The installed browser and driver are used: nothing is downloaded.
    """
    assert CHROMIUM
    assert DRIVER
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*_FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    # Pages show instants in the time zone of the browser.
    chrome = Chrome(options=options, service=Service(DRIVER, env={**os.environ, "TZ": "UTC"}))
    chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _STAND_STILL})
    try:
        yield Browser(chrome, site)
    finally:
        chrome.quit()
