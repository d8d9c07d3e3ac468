"""Debian's Chromium, for whatever drives it: the tests, the pictures of the pages and the benchmark of their speed.

It asks nothing of Django, so that a command may import it before there is a database to set up for.
"""

import shutil

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
