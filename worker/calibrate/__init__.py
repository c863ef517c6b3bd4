"""What may be promised about predicted boxes, from boxes that were checked: precision, misses, probabilities."""

from worker.calibrate.checked import CheckedBoxes, checked_boxes, joined
from worker.calibrate.probability import Calibration, calibrate
from worker.calibrate.promise import Promise, accept_promises
from worker.calibrate.thresholds import BestF, MissBound, f_beta_thresholds, miss_bound

__all__ = [
    "BestF",
    "Calibration",
    "CheckedBoxes",
    "MissBound",
    "Promise",
    "accept_promises",
    "calibrate",
    "checked_boxes",
    "f_beta_thresholds",
    "joined",
    "miss_bound",
]
