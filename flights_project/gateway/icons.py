"""The icons of the pages: lines on a ground of 24 by 24, drawn in the colour of the words beside them."""

import re
from functools import cache

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

SYMBOL = re.compile(r'<symbol id="([a-z]+)" viewBox="([\d ]+)">(.+)</symbol>')


@cache
def icons() -> dict[str, SafeString]:
    """Each by its name, as it stands in a page: nothing more to fetch, nothing drawn later than its words."""
    drawn = (settings.BASE_DIR / "templates/components/icons.svg").read_text()
    return {
        name: mark_safe(f'<svg class="icon" viewBox="{ground}" aria-hidden="true">{lines}</svg>')
        for name, ground, lines in SYMBOL.findall(drawn)
    }
