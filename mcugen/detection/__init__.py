"""Objects in a map of classes, as FOMO finds them: cells above a threshold, joined where they touch."""

from mcugen.detection.components import Detection, detect
from mcugen.detection.detector import Detector, make_detector

__all__ = ["Detection", "Detector", "detect", "make_detector"]
