"""Disk space of installed packages and of all that they require.

    python -m benchmarks.peers.installed_size NAME…

Prints the megabytes of the files of these packages and of all that they need, as installed here.
"""

import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(names: list[str]) -> set[str]:
    """The transitive closure of what packages require, as far as it is installed."""
    found: set[str] = set()
    waiting = [(canonicalize_name(name), "") for name in names]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # for another system, or an extra's
        found.add(name)
        for need in map(Requirement, needs):
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                for wanted in (*need.extras, ""):
                    pair = (canonicalize_name(need.name), wanted)
                    if pair not in seen:
                        seen.add(pair)
                        waiting.append(pair)
    return found


def megabytes(names: set[str]) -> float:
    """Megabytes of the files of packages."""
    files = {
        Path(str(distribution(name).locate_file(file)))
        for name in names
        for file in distribution(name).files or []
    }
    return sum(path.stat().st_size for path in files if path.is_file()) / 1e6


if __name__ == "__main__":
    print(megabytes(closure(sys.argv[1:])))
