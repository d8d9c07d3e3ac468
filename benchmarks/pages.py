"""How soon pages show what matters, from Chromium's own trace with the processor slowed four times; how long a task
takes, what moves meanwhile, and what the HTML costs the server. Prints figures; asserts no time."""

import argparse
import http.client
import json
import statistics
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.client import HOST, PATIENCE
from benchmarks.machine import machine
from benchmarks.stack import Stack
from flights_project.local.run import report, say
from tests.chromium import CHROMIUM, FLAGS

SLOWED = 4
TRACED = ["-*", "devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel", "blink.user_timing"]
"""What of Chromium's trace is kept: not its profiler of scripts, which makes tasks a fifth longer."""
MILLISECOND = 1000
"""In microseconds, which a trace counts in."""
REQUESTS = 40
NEXT_MONTH = date.today() + timedelta(days=30)  # noqa: DTZ011 -- any day on sale will do
THERE = f"origin=DEL&destination=BOM&depart_on={NEXT_MONTH}"
PAGES = {
    "first page": "/",
    "results": f"/search/?{THERE}&adults=2",
    "results, return": f"/search/?{THERE}&return_on={NEXT_MONTH + timedelta(days=4)}",
    "results, connections": f"/search/?origin=CCU&destination=LHR&depart_on={NEXT_MONTH}",
    "calendar": f"/search/calendar/?origin=DEL&destination=BOM&month={NEXT_MONTH:%Y-%m}",
    "anywhere": f"/search/anywhere/?origin=DEL&month={NEXT_MONTH:%Y-%m}",
    "log-in": "/accounts/login/",
}
ONE_WORD = "data:text/html,<!doctype html>Word"
"""A page with nothing else on it: how much of a task is Chromium's own."""


@dataclass(frozen=True)
class Seen:
    """One visit with an empty cache, in milliseconds; `moved` is Chromium's layout shift."""

    largest_paint: float
    longest_task: float
    longest_cpu: float
    """Of the task that used the processor longest: what others do on the machine is not in it."""
    moved: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-pages", description=__doc__)
    parser.add_argument("--visits", type=int, default=5, help="of each page (5); the middle one is said")
    parser.add_argument("--url", help="a demo that runs; without it one is started, and the server's cost is measured")
    chosen = parser.parse_args()
    return report(lambda: measure(chosen.url, chosen.visits))


def measure(url: str | None, visits: int) -> None:
    if CHROMIUM is None:
        raise SystemExit("there is no Chromium: apt-get install chromium")
    say(machine())
    with Stack({}) if not url else nullcontext() as stack:
        if stack:
            _fill(stack)
        base = url or f"http://{HOST}:{stack.port}" if stack else str(url)
        say(f"{'':24}{'largest paint':>16}{'longest task':>16}{'its CPU':>12}{'moved':>8}{'HTML, CPU':>12}")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            say(line("one word", [visit(browser, ONE_WORD) for _ in range(visits)]))
            for name, path in PAGES.items():
                seen = [visit(browser, base + path) for _ in range(visits)]
                cost = f"{cpu_of(stack, path):.0f} ms" if stack else ""
                say(f"{line(name, seen)}{cost:>12}")
            browser.close()


def line(name: str, seen: list[Seen]) -> str:
    """The middle of the paints, the worst of the rest."""
    return (
        f"{name:24}{_middle(each.largest_paint for each in seen):13.0f} ms"
        f"{max(each.longest_task for each in seen):13.0f} ms"
        f"{max(each.longest_cpu for each in seen):9.0f} ms"
        f"{max(each.moved for each in seen):8.3f}"
    )


def _fill(stack: Stack) -> None:
    from django.core.management import call_command  # noqa: PLC0415 -- Django is set up now
    from django.utils import timezone  # noqa: PLC0415

    from airlines.services.stale_lows import refresh_stale  # noqa: PLC0415

    call_command("load_demo", "--days=60", "--no-key-file")
    refresh_stale(now=timezone.now())
    stack.start("web")


def _middle(figures: Iterable[float]) -> float:
    return statistics.median(figures)


def visit(browser: Browser, url: str) -> Seen:
    """The first visit of somebody with a slow machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    browser.start_tracing(page=page, categories=TRACED)
    page.goto(url, wait_until="networkidle" if "/search/?" not in url else "load")
    page.wait_for_timeout(500)  # for what scripts do after the page has come
    events = json.loads(browser.stop_tracing())["traceEvents"]
    context.close()
    return read(events, url)


def read(events: list[dict[str, Any]], url: str) -> Seen:
    """What a trace says of the visit to `url`."""
    begun = next(
        event
        for event in events
        if event["name"] == "navigationStart" and event["args"].get("data", {}).get("documentLoaderURL") == url
    )
    main = [event for event in events if event["pid"] == begun["pid"] and event["ts"] >= begun["ts"]]
    paints = [event["ts"] for event in main if event["name"] == "largestContentfulPaint::Candidate"]
    thread = next(event["tid"] for event in main if event["name"] == "largestContentfulPaint::Candidate")
    tasks = [event for event in main if event["name"] == "RunTask" and event["tid"] == thread]
    shifts = [event["args"]["data"]["score"] for event in main if event["name"] == "LayoutShift"]
    return Seen(
        (max(paints) - begun["ts"]) / MILLISECOND,
        max((task.get("dur", 0) for task in tasks), default=0) / MILLISECOND,
        max((task.get("tdur", 0) for task in tasks), default=0) / MILLISECOND,
        sum(shifts),
    )


def cpu_of(stack: Stack, path: str) -> float:
    """Milliseconds of the web server's processor that the HTML of a page costs."""
    connection = http.client.HTTPConnection(HOST, stack.port, timeout=PATIENCE)
    before = stack.cpu_seconds()["web"]
    for _ in range(REQUESTS):
        connection.request("GET", path)
        connection.getresponse().read()
    return (stack.cpu_seconds()["web"] - before) * 1000 / REQUESTS


if __name__ == "__main__":
    sys.exit(main())
