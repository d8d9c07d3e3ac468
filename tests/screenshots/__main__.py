"""Pictures of every page, as a traveller and as staff meet them: on a phone and at a desk, in light and in dark.

Travellers' pages are taken in Hindi too. `make screenshots` starts a demo of its own;
`ARGS="--url http://localhost:8000"` looks at one that `make run` runs from this checkout.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
from playwright.sync_api import sync_playwright

from benchmarks.stack import Stack
from flights_project.local.environment import DEMO_SETTINGS, TEST_SETTINGS
from flights_project.local.run import report, say
from tests.chromium import CHROMIUM, FLAGS
from tests.screenshots.camera import SCHEMES, WIDTHS, Camera, Scheme
from tests.screenshots.desk import work
from tests.screenshots.errors import fail
from tests.screenshots.traveller import travel

DAYS_ON_SALE = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--url", help="a demo that runs; without it one is started")
    parser.add_argument("--width", choices=WIDTHS, help="only this one")
    parser.add_argument("--scheme", choices=SCHEMES, help="only this one")
    chosen = parser.parse_args()
    widths = [chosen.width] if chosen.width else list(WIDTHS)
    schemes = (chosen.scheme,) if chosen.scheme else SCHEMES
    return report(lambda: look(chosen.url, widths, schemes))


def look(url: str | None, widths: list[str], schemes: tuple[Scheme, ...]) -> None:
    if CHROMIUM is None:
        raise SystemExit("there is no Chromium: apt-get install chromium")
    with _demo(url) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for width in widths:
            for scheme in schemes:
                with Camera(browser, base, width, scheme) as camera:
                    fail(camera)
                    travel(camera)
                    work(camera)
                say(f"{width}, {scheme}: {camera.taken} pages")
        browser.close()


@contextmanager
def _demo(url: str | None) -> Iterator[str]:
    """Where a demo answers, with Django set up in this process: pages of errors are drawn here."""
    # Playwright's synchronous driver runs an event loop in this thread, in which Django fears to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    if url:
        _set_up_without_servers()
        yield url
        return
    with Stack({}) as stack:
        from django.core.management import call_command  # noqa: PLC0415 -- Django is set up now

        call_command("load_demo", f"--days={DAYS_ON_SALE}", "--no-key-file")
        stack.start("web")
        stack.start("worker")
        yield f"http://localhost:{stack.port}"


def _set_up_without_servers() -> None:
    """The settings that `make run` has, and no database: nothing here asks one."""
    nowhere = {"DATABASE_URL": "postgres://nobody@localhost/none", "REDIS_URL": "redis://localhost"}
    own = {"SECRET_KEY": TEST_SETTINGS["SECRET_KEY"], "SITE_URL": TEST_SETTINGS["SITE_URL"]}
    for name, value in (DEMO_SETTINGS | own | nowhere | {"DJANGO_SETTINGS_MODULE": "flights_project.settings"}).items():
        os.environ.setdefault(name, value)
    django.setup()


if __name__ == "__main__":
    sys.exit(main())
