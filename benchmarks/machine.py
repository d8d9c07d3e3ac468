"""What is measured on."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """The machine, and how busy it is with other things."""
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = {line.partition(": ")[2] for line in facts.splitlines() if line.startswith("model name")}
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    name = " ".join(sorted(models)) or platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores, {name}; Python {platform.python_version()}; load before: {load}"
