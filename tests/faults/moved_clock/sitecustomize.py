"""Imported by Python at its start where this folder is on PYTHONPATH: the process's wall clock is FAULTS_CLOCK_S off.

What Python code asks of `time` is moved; what C code asks the system is not. The monotonic clock stays, as it does when
somebody sets the wall clock.
"""

import os
import time

_moved_s = int(os.environ.get("FAULTS_CLOCK_S", "0"))
_time, _time_ns = time.time, time.time_ns
time.time = lambda: _time() + _moved_s
time.time_ns = lambda: _time_ns() + _moved_s * 1_000_000_000
