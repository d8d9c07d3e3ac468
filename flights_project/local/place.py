"""Where the servers of one checkout live, and as whom they run.

PostgreSQL refuses to run as root. As root the servers run as `nobody`: every Linux has that account, so none
is made, and it owns nothing else. `nobody` must reach programs and data. Nothing outside this project's own
folders ever changes its permissions for that: where a parent is closed, like a root home of mode 700, the
servers move to `/var/lib/flights/<digest of the checkout's path>` instead.
"""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from flights_project.local.errors import StartError

ELSEWHERE = Path("/var/lib/flights")


class Switch(TypedDict, total=False):
    """Arguments of `subprocess` that change the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """The account that the servers run as."""

    name: str
    uid: int
    gid: int

    @property
    def switch(self) -> Switch:
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Make `path` this account's own."""
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid)

    def walks_to(self, folder: Path) -> bool:
        """Whether this account can reach what lies in `folder`."""
        return all(self._may(step, stat.S_IXUSR) for step in (folder.resolve() / "x").parents)

    def reads(self, file: Path) -> bool:
        """Whether this account can read `file`, and run it where its owner can."""
        return self.walks_to(file.parent) and self._may(file, file.stat().st_mode & (stat.S_IRUSR | stat.S_IXUSR))

    def _may(self, path: Path, owner_bits: int) -> bool:
        facts = path.stat()
        shift = 0 if facts.st_uid == self.uid else 3 if facts.st_gid == self.gid else 6
        wanted = owner_bits >> shift
        return facts.st_mode & wanted == wanted


def server_account() -> Account:
    """Ourselves, or `nobody` where we are root."""
    if os.geteuid() != 0:
        return Account("you", os.geteuid(), os.getegid())
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise StartError(
            "PostgreSQL does not run as root and this machine has no account `nobody`: "
            "use an ordinary account, or set DATABASE_URL and REDIS_URL."
        ) from None
    return Account("nobody", nobody.pw_uid, nobody.pw_gid)


@dataclass(frozen=True)
class Place:
    """The folder of one checkout's servers, which `account` can reach."""

    folder: Path
    account: Account


def local_folder(project: Path) -> Path:
    """`.local` of this checkout: all that it keeps on this machine."""
    local = project / ".local"
    try:
        local.mkdir(exist_ok=True)
    except OSError as error:
        raise StartError(f"{local} cannot be made: {error.strerror}.") from None
    owner = local.stat().st_uid
    if owner != os.geteuid():
        raise StartError(
            f"{local} belongs to the account {_name_of(owner)} and this is {_name_of(os.geteuid())}: "
            f"go on as {_name_of(owner)}, or remove it as that account with `make clean`."
        )
    return local


def find_place(project: Path) -> Place:
    """`.local/servers` of this checkout, or the folder elsewhere that this name then links to."""
    account = server_account()
    local = local_folder(project)
    name = local / "servers"
    try:
        if os.geteuid() == 0:
            local.chmod(0o711)
        if account.walks_to(local):
            _be_a_folder(name)
        else:
            _lead_to(name, ELSEWHERE / hashlib.sha256(os.fsencode(project)).hexdigest()[:12])
    except OSError as error:
        raise StartError(f"The servers' folder cannot be made: {error.filename}: {error.strerror}.") from None
    return Place(name.resolve(), account)


def _be_a_folder(name: Path) -> None:
    if name.is_symlink():  # copied from a checkout whose servers live elsewhere
        name.unlink()
    name.mkdir(exist_ok=True)
    name.chmod(0o711)


def _lead_to(name: Path, folder: Path) -> None:
    if name.is_dir() and not name.is_symlink():
        raise StartError(f"{name} cannot be reached by the servers since this checkout moved: `make clean` first.")
    for step in (folder.parent, folder):
        if not step.exists():
            step.mkdir()
            step.chmod(0o711)
    if not (name.is_symlink() and name.readlink() == folder):
        name.unlink(missing_ok=True)
        name.symlink_to(folder)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
