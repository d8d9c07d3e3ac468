"""A browser that takes a picture of each page that it comes to, and of the same page in Hindi."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from playwright.sync_api import Browser, BrowserContext, Page, Route

SHOWN = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
IN_THE_README = {"wide-light": ("results", "trip-confirmed"), "narrow-light": ("home",)}
"""The first screen of these is kept beside the others, as PNG."""

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = {"narrow": 360, "wide": 1280}
SCREEN = 800
"""Pixels that are seen at once."""
PASSWORD = "flights-demo"
"""Of everybody in the demo."""
TALLEST = 12_000
"""Chromium draws no higher picture in one piece."""


class Camera:
    """One visit, at one width and in one scheme: `page` is the visitor's, a folder of its name has the pictures."""

    def __init__(self, browser: Browser, base: str, width: str, scheme: Scheme) -> None:
        self.name = f"{width}-{scheme}"
        self.width = WIDTHS[width]
        self.folder = SHOWN / "all" / self.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.taken = 0
        self.penalised = ""
        """The address of a trip of which something was kept when it was cancelled."""
        self._browser, self._base, self._scheme = browser, base, scheme
        self._context = self.visitor("en-IN")
        self.page = self._context.new_page()
        self._reader = self.visitor("hi-IN")
        self._in_hindi = self._reader.new_page()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.close()
        self._reader.close()

    def visitor(self, language: str) -> BrowserContext:
        """Somebody else at the same screen."""
        context = self._browser.new_context(
            base_url=self._base,
            viewport={"width": self.width, "height": SCREEN},
            color_scheme=self._scheme,
            reduced_motion="reduce",
            locale=language,
            service_workers="block",
        )
        context.set_default_timeout(20_000)
        return context

    def serve(self, pattern: str, answer: Callable[[Route], None]) -> None:
        """Answer by ourselves what is asked of these addresses."""
        for context in (self._context, self._reader):
            context.route(pattern, answer)

    def open(self, path: str, name: str, *, in_hindi: bool = True) -> None:
        self.page.goto(path)
        self.take(name, in_hindi=in_hindi)

    def take(self, name: str, *, in_hindi: bool = False) -> None:
        """The whole page; `in_hindi` its address is opened again by somebody with the same cookies who reads Hindi."""
        self.taken += 1
        shot = f"{self.taken:02d}-{name}.jpg"
        _take_whole(self.page, self.folder / shot)
        if name in IN_THE_README.get(self.name, ()):
            self.page.screenshot(path=SHOWN / f"{name}-{self.name.split('-')[0]}.png")
        if in_hindi:
            self._take_in_hindi(shot)

    def take_screen(self, name: str) -> None:
        """What is seen at once, with what is open over the page."""
        self.taken += 1
        self.page.screenshot(path=self.folder / f"{self.taken:02d}-{name}.jpg", type="jpeg", quality=70)

    def print(self, name: str) -> None:
        """The page as it is printed, on sheets of A4."""
        self.taken += 1
        self.page.pdf(path=self.folder / f"{self.taken:02d}-{name}.pdf", format="A4", prefer_css_page_size=True)

    def _take_in_hindi(self, shot: str) -> None:
        cookies = [each for each in self._context.cookies() if each.get("name") != "language"]
        self._reader.clear_cookies()
        self._reader.add_cookies(cookies)
        self._in_hindi.goto(self.page.url)
        folder = self.folder.with_name(f"{self.name}-hindi")
        folder.mkdir(exist_ok=True)
        _take_whole(self._in_hindi, folder / shot)


def _take_whole(page: Page, path: Path) -> None:
    """On a screen as high as the page: all of it is drawn, and what clings to the screen's edge is in its place.

    What comes into sight is drawn then, and may be higher than was thought: hence twice.
    """
    page.wait_for_load_state()
    for _ in range(2):
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": _width_of(page), "height": min(TALLEST, max(SCREEN, height))})
    page.screenshot(path=path, full_page=True, type="jpeg", quality=70)
    page.set_viewport_size({"width": _width_of(page), "height": SCREEN})


def _width_of(page: Page) -> int:
    assert page.viewport_size
    return page.viewport_size["width"]
