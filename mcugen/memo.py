"""Results of searches that are asked for again: of nets that differ in size alone, of one model for several cores."""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_KEPT = 512


def remembered(search: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The search, with its last results kept by the values of its arguments, arrays among them.

    For pure functions whose results nobody changes. Equal arguments that pickle differently are searched for again.
    """
    results: OrderedDict[bytes, Result] = OrderedDict()

    @wraps(search)
    def recall(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        key = hashlib.sha256(pickle.dumps((arguments, options))).digest()
        if key not in results:
            results[key] = search(*arguments, **options)
        results.move_to_end(key)
        if len(results) > _KEPT:
            results.popitem(last=False)
        return results[key]

    return recall
