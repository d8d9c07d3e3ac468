"""`pip-audit` over the packages of `.venv`: fails where one has a known hole, and says so where nobody can be asked."""

import json
import subprocess
import sys
from typing import Any

COMMAND = ["pip_audit", "--format", "json", "--progress-spinner", "off", "--timeout", "5", "--skip-editable"]
AT_MOST = 120
"""Seconds."""


def main() -> int:
    """1 where a hole is known. Where the list of holes cannot be reached it says so, and that is no failure."""
    try:
        asked = subprocess.run(
            [sys.executable, "-m", *COMMAND], capture_output=True, text=True, check=False, timeout=AT_MOST
        )
    except subprocess.TimeoutExpired:
        return report([])
    return report(packages_in(asked.stdout))


def packages_in(said: str) -> list[dict[str, Any]]:
    """What pip-audit says of each package; nothing where it could not ask at all and wrote no JSON."""
    try:
        packages: list[dict[str, Any]] = json.loads(said)["dependencies"]
    except ValueError:
        return []
    return packages


def report(packages: list[dict[str, Any]]) -> int:
    known = [package for package in packages if "vulns" in package]
    holes = [(package, hole) for package in known for hole in package["vulns"]]
    for package, hole in holes:
        print(f"{package['name']} {package['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions'])}")
    if not known:
        print("not audited: the list of known holes cannot be reached from here")
    elif len(known) < len(packages):
        print(f"{len(packages) - len(known)} of {len(packages)} packages are unknown to the list of holes")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main())
