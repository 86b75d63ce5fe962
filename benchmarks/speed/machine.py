"""What the figures were measured on, and how many of its cores it really gives."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("airwatch", "numpy", "numba", "pandas", "pyarrow", "xgboost", "mlforecast", "polars", "msgspec")
# A fixed piece of work, begun when a line arrives; it prints its seconds.
SPIN = """
import sys, time
print("ready", flush=True)
sys.stdin.readline()
began, total = time.perf_counter(), 0
for number in range({work}):
    total += number
print(time.perf_counter() - began)
"""
WORK = 8_000_000


def describe() -> dict[str, object]:
    """Processor, cores, memory and versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def effective_cores(processes: int = 2, work: int = WORK) -> float:
    """How many cores' worth of work that many processes get done, beside one process alone just before and after."""
    before, together, after = _spin(1, work), _spin(processes, work), _spin(1, work)
    alone = min(before[0], after[0])
    return sum(alone / seconds for seconds in together)


def _spin(processes: int, work: int) -> list[float]:
    """The seconds of the same work in processes that begin together."""
    command = [sys.executable, "-I", "-S", "-c", SPIN.format(work=work)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, **pipes) for _ in range(processes)]
    for process in started:
        process.stdout.readline()
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    return [float(process.communicate()[0]) for process in started]


def _processor() -> str:
    """The processor's name; where the system keeps it is the system's own affair."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
