"""Print the lowest versions that pyproject.toml declares, as constraints for pip, one a line.

Usage: ``python tools/version_bounds.py EXTRA...`` prints those of the package and of these extras.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

BOUND = re.compile(r"(?P<name>[\w.-]+)>=(?P<version>[\w.]+)")


def lowest(extras: Sequence[str]) -> Iterator[str]:
    """Each direct dependency at its bound; a dependency without one is an error."""
    file = Path(__file__).resolve().parents[1] / "pyproject.toml"
    project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    for requirement in sum((project["optional-dependencies"][extra] for extra in extras), project["dependencies"]):
        if requirement.startswith("nushine["):
            continue
        found = BOUND.fullmatch(requirement)
        if found is None:
            raise ValueError(f"{requirement}: give it a lower bound and nothing else, as in 'numpy>=2.0'")
        yield f"{found['name']}=={found['version']}"


if __name__ == "__main__":
    print("\n".join(lowest(sys.argv[1:])))
