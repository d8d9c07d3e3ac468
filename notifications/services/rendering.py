"""A message's words, all from one source: `templates/notifications/mail/KIND.html`.

Its title is the subject, its style sheet is written into the elements for mail programs that know no other way, and
the plain text is what is left without the markup.
"""

from dataclasses import dataclass

import css_inline
import lxml.html
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from inscriptis import Inscriptis
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_document_state import HtmlDocumentState
from inscriptis.model.tag import CustomHtmlTagHandlerMapping

from notifications.kinds import KINDS
from notifications.models import Message
from notifications.services.refusals import stop_url

INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
"""What cannot be written into elements, such as the dark colours, stays in the head."""


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(message: Message) -> Rendered:
    """What `message` says, in its recipient's language."""
    html = _html_of(message)
    page = lxml.html.fromstring(html)
    return Rendered(_title_of(page), _text_of(page), INLINER.inline(html))


def subject_of(message: Message) -> str:
    """Its subject line alone, at a fraction of the work."""
    return _title_of(lxml.html.fromstring(_html_of(message)))


def _html_of(message: Message) -> str:
    context = message.context | {"airline_name": settings.AIRLINE_NAME, "site_url": settings.SITE_URL}
    if message.kind in KINDS and KINDS[message.kind].unasked:
        context["stop_url"] = stop_url(message)
    with translation.override(message.language or settings.LANGUAGE_CODE):
        return render_to_string(f"notifications/mail/{message.kind}.html", context)


def _title_of(page: lxml.html.HtmlElement) -> str:
    return " ".join(page.findtext(".//title").split())


def _text_of(page: lxml.html.HtmlElement) -> str:
    lines = (line.rstrip() for line in Inscriptis(page, PLAIN).get_text().splitlines())
    text: list[str] = []
    for line in lines:
        if line or (text and text[-1]):  # never two empty lines
            text.append(line)
    return "\n".join(text).strip() + "\n"


def _begin_link(state: HtmlDocumentState, attributes: dict[str, str]) -> None:
    """An address that was made a link stands there already."""
    state.link_target = "" if attributes.get("rel") == "nofollow" else attributes.get("href", "")


def _end_link(state: HtmlDocumentState) -> None:
    if state.link_target:
        state.tags[-1].write(f": {state.link_target}")


PLAIN = ParserConfig(
    custom_html_tag_handler_mapping=CustomHtmlTagHandlerMapping(
        start_tag_mapping={"a": _begin_link}, end_tag_mapping={"a": _end_link}
    )
)
