"""What is wrong with a page is found: the looking of `test_every_page_in_a_browser.py`, looked at itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.focus import faults_of_tabbing

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("page", ["wide", "narrow"], indirect=True)]


@pytest.mark.parametrize(
    ("style", "fault"),
    [
        ("", ""),
        ("main { display: flex; flex-direction: column-reverse }", "is drawn before"),
        ("main { display: flex; flex-direction: row-reverse }", "is drawn before"),
        ("a { outline: none }", "is not seen"),
        ("p { position: fixed; inset: 0; background: Canvas }", "is not seen"),
    ],
)
def test_what_is_wrong_for_a_keyboard_is_found(page: Page, style: str, fault: str) -> None:
    page.set_content(f"<style>{style}</style><main><a href='/1'>One</a><a href='/2'>Two</a><p></p></main>")

    faults = faults_of_tabbing(page)

    assert bool(faults) == bool(fault)
    assert fault in "; ".join(faults)


def test_an_order_of_tabs_that_is_not_that_of_the_page_is_found(page: Page) -> None:
    page.set_content("<main><a href='/1'>One</a><a href='/2' tabindex='1'>Two</a></main>")

    assert faults_of_tabbing(page) != []


def test_what_cannot_be_read_in_the_other_scheme_is_found(
    page: Page, check: Callable[[], None], check_colours: Callable[[], None]
) -> None:
    other = "light" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "dark"
    faint = f"@media (prefers-color-scheme: {other}) {{ p {{ color: #999; background: #aaa }} }}"
    page.set_content(f"<html lang='en'><title>A page</title><style>{faint}</style><main><p>Words</p></main>")

    check()
    with pytest.raises(AssertionError, match="color-contrast"):
        check_colours()
