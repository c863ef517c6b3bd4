"""How often each fault is done, and how long a recovery and a whole test may take."""

import pytest

from tests.faults.profile import LONG

ROUNDS = 20 if LONG else 3
GENEROUS_S = 120
"""For a recovery, on a machine that does other things as well; benchmarks/faults.py measures how long it takes."""
patience = pytest.mark.timeout(3600 if LONG else 900)
