"""Devices in words that people know them by."""

from django.utils.translation import gettext as _
from ua_parser import parse


def device_in_words(user_agent: str) -> str:
    """`Firefox on Android`, from what a browser says of itself; nothing where that is not known."""
    said = parse(user_agent)
    browser = said.user_agent.family if said.user_agent else ""
    system = said.os.family if said.os else ""
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system
