"""What make starts by hand starts: pictures of all pages, the benchmarks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

PROGRAMS = sorted(set(re.findall(r"-m ((?:tests|benchmarks)\.\w+)", Path(settings.BASE_DIR, "Makefile").read_text())))
OF_A_DEPLOYMENT = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "REDIS_URL", "SECRET_KEY")


@pytest.mark.parametrize("program", PROGRAMS)
def test_says_how_it_is_used_where_nothing_is_set_up(program):
    bare = {name: value for name, value in os.environ.items() if name not in OF_A_DEPLOYMENT}

    said = subprocess.run(  # noqa: S603 -- our own programs
        [sys.executable, "-m", program, "--help"],
        cwd=settings.BASE_DIR,
        env=bare,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("usage: make ")
