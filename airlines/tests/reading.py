"""A page as a person reads it: its words, links and fields."""

import re
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse


class Page(HTMLParser):
    """`words` of the body, `links` by their words, and the `fields` and `values` of forms by name."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.words, self.title = "", ""
        self.links: dict[str, str] = {}
        self.fields: dict[str, dict[str, str | None]] = {}
        self._inside: list[str] = []
        self._link: tuple[str, int] | None = None
        self.feed(response.content.decode())
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in ("title", "script", "style", "option"):
            self._inside.append(tag)
        if tag == "a" and attributes.get("href"):
            self._link = str(attributes["href"]), len(self.words)
        if tag in ("input", "select", "textarea", "button") and attributes.get("name"):
            self.fields.setdefault(str(attributes["name"]), attributes)
        self.words += " "

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()
        if tag == "a" and self._link:
            href, start = self._link
            self.links.setdefault(" ".join(self.words[start:].split()), href)
            self._link = None
        self.words += " "

    def handle_data(self, text: str) -> None:
        if not self._inside:
            self.words += text
        elif self._inside[-1] == "title":
            self.title += text

    def value(self, name: str) -> str:
        return str(self.fields[name].get("value") or "")

    def link(self, pattern: str) -> str:
        """The address of the first link whose words match."""
        return next(href for words, href in self.links.items() if re.search(pattern, words))


def read(response: Any) -> Page:
    return Page(response)
