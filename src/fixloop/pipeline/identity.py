"""Work done once for the very same objects: overlays of one workspace share all that they did not edit."""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def once_for_these(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function that remembers its last `most` answers by which objects it was given, not by their content.

    For immutable arguments only. They are kept with the answer, so that no other object can take their place.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        known: OrderedDict[tuple[int, ...], tuple[object, T]] = OrderedDict()

        @wraps(function)
        def remembered(*args: P.args, **kwargs: P.kwargs) -> T:
            key = (*map(id, args), *map(id, kwargs.values()))
            found = known.get(key)
            if found is None:
                found = known[key] = ((args, kwargs), function(*args, **kwargs))
                if len(known) > most:
                    known.popitem(last=False)
            known.move_to_end(key)
            return found[1]

        return remembered

    return decorate
