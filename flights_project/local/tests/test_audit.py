"""What `make check` says of known holes."""

import json

from flights_project.local.audit import packages_in, report

SOUND = {"name": "sound", "version": "1.0", "vulns": []}
HOLED = {"name": "holed", "version": "2.0", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["2.1"]}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}


def test_a_known_hole_fails_and_says_what_mends_it(capsys):
    assert report([SOUND, HOLED]) == 1
    assert capsys.readouterr().out == "holed 2.0: CVE-2026-1, mended in 2.1\n"


def test_no_hole_is_silent(capsys):
    assert report([SOUND]) == 0
    assert capsys.readouterr().out == ""


def test_where_nobody_can_be_asked_it_says_so_and_does_not_fail(capsys):
    assert report(packages_in("")) == 0
    assert report(packages_in(json.dumps({"dependencies": [UNKNOWN]}))) == 0
    assert capsys.readouterr().out.count("not audited") == 2


def test_it_says_how_many_are_unknown(capsys):
    assert report([SOUND, UNKNOWN]) == 0
    assert capsys.readouterr().out == "1 of 2 packages are unknown to the list of holes\n"
