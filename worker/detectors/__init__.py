"""Detectors behind domain.ports.Detector; each in a module of its own, imported only by the process that runs it."""

from domain.ports import Detector


def load_detector(name: str) -> Detector:
    """`ultralytics` (AGPL-3.0) or `torchvision` (BSD-3-Clause). Raises ValueError for another name."""
    match name:
        case "ultralytics":
            from worker.detectors.ultralytics_detector import UltralyticsDetector  # its import alone takes seconds

            return UltralyticsDetector()
        case "torchvision":
            from worker.detectors.torchvision_detector import TorchvisionDetector  # likewise

            return TorchvisionDetector()
        case _:
            raise ValueError(f"there is no detector {name!r}; ultralytics and torchvision exist")
