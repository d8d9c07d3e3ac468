"""What GNU make, our parent, does not tell us."""

import os
import signal
from pathlib import Path

NOT_PASSED_ON = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


class Make:
    """The `make` that runs this program, if one does; asked through `/proc`, so only on Linux.

    Ctrl-C reaches make and us alike. But a `make` that is alone sent SIGINT or SIGHUP only waits for us to
    end, with that signal blocked, and a killed one leaves us behind.
    """

    def __init__(self) -> None:
        self.pid = os.getppid()
        self.is_parent = self._read("comm").strip() in {"make", "gmake"}

    def heed(self) -> None:
        """Raise `KeyboardInterrupt` when make was asked to stop or has gone."""
        if self.is_parent and (os.getppid() != self.pid or self._was_interrupted()):
            raise KeyboardInterrupt

    def _was_interrupted(self) -> bool:
        for line in self._read("status").splitlines():
            name, _, mask = line.partition(":")
            if name == "SigBlk":
                return any(int(mask, 16) & 1 << (ending - 1) for ending in NOT_PASSED_ON)
        return False

    def _read(self, file: str) -> str:
        try:
            return Path(f"/proc/{self.pid}/{file}").read_text()
        except OSError:
            return ""
