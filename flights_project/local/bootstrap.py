"""Build `.venv` from a requirements file: `python3 bootstrap.py requirements.txt`.

Needs nothing but Python. Does nothing where the environment already holds just these requirements.
"""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOM_NEEDED = 1_000_000_000
INSTALLED = "flights-requirements.txt"
"""In `.venv`, the text of the requirements it holds."""


def main(arguments: list[str]) -> int:
    """0 when `.venv` is ready, 1 after one line that says why it is not."""
    requirements = Path(arguments[0]).resolve()
    venv = requirements.parent / ".venv"
    local = requirements.parent / ".local"
    try:
        local.mkdir(exist_ok=True)
        with (local / "venv.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_ready(venv, requirements):
                build(venv, requirements)
    except PermissionError as error:
        print(f"flights: {error.filename} belongs to another account: go on as that one.", file=sys.stderr)
        return 1
    except (OSError, CannotBuild) as error:
        print(f"flights: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


class CannotBuild(Exception):
    """Why, in one line."""


def is_ready(venv: Path, requirements: Path) -> bool:
    """Whether `venv` works and holds these requirements, or more."""
    installed = venv / INSTALLED
    return works(venv) and installed.exists() and wanted(requirements) in installed.read_text()


def wanted(requirements: Path) -> str:
    """The text of a requirements file, with the ones it names (`-r`) before it."""
    text = requirements.read_text()
    named = [line[3:].strip() for line in text.splitlines() if line.startswith("-r ")]
    return "".join(wanted(requirements.parent / name) for name in named) + text


def works(venv: Path) -> bool:
    python = venv / "bin" / "python"
    return python.exists() and subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0


def build(venv: Path, requirements: Path) -> None:
    if not (venv / INSTALLED).exists() and shutil.disk_usage(venv.parent).free < ROOM_NEEDED:
        raise CannotBuild(f"the disk of {venv.parent} is full: the Python packages need 1 GB.")
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise CannotBuild(
            "this Python cannot make virtual environments: install its venv module "
            "(Debian, Ubuntu: apt-get install python3-venv)."
        )
    (venv / INSTALLED).unlink(missing_ok=True)
    if not works(venv):
        shutil.rmtree(venv, ignore_errors=True)
    print(f"Building .venv from {requirements.name} (about a minute the first time)", flush=True)
    step("Python's venv module", [sys.executable, "-m", "venv", str(venv)])
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    step("pip", [*pip, "--requirement", str(requirements)])
    (venv / INSTALLED).write_text(wanted(requirements))


def step(name: str, command: list[str]) -> None:
    own = {**os.environ, "PIP_USER": "0"}
    if subprocess.run(command, check=False, stdin=subprocess.DEVNULL, env=own).returncode != 0:
        raise CannotBuild(f"{name} failed: what it said is above.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
