"""Why int8 gets images wrong that float gets right: both run over a data set, and compared layer by layer."""

from mcugen.accuracy.compare import LayerQuality
from mcugen.accuracy.explain import Explanation, Flip, explain
from mcugen.accuracy.load import load_twin
from mcugen.accuracy.records import accuracy_record, input_warnings
from mcugen.accuracy.sample import Sample, archive_of, load_sample, sample_of
from mcugen.accuracy.twin import FloatTwin

__all__ = [
    "Explanation",
    "Flip",
    "FloatTwin",
    "LayerQuality",
    "Sample",
    "accuracy_record",
    "archive_of",
    "explain",
    "input_warnings",
    "load_sample",
    "load_twin",
    "sample_of",
]
