"""Let the reference tests import the calculators that lie beside them; a target that several of them share."""

import sys
from pathlib import Path

import pytest

from nushine.targets.compounds import Target, compound

sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.fixture(scope="module")
def germanium() -> Target:
    return compound("Ge[73]Ge[76]2")  # spin 1/2 and spin 0
