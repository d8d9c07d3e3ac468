"""What a page brings with it is small: all styles and scripts together, as they go over the wire."""

import gzip
from pathlib import Path

import django_htmx
from django.conf import settings

MOST = 60 * 1024
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"


def test_all_styles_and_scripts_together_are_under_60_kb_compressed() -> None:
    ours = [each for kind in ("css", "js") for each in (settings.BASE_DIR / "static" / kind).iterdir()]
    weights = {each.name: len(gzip.compress(each.read_bytes())) for each in [*ours, HTMX]}

    assert sum(weights.values()) < MOST, weights
