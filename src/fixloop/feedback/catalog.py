"""Every feedback source, found by being in `sources/`: adding one touches one file."""

import importlib
import pkgutil

from fixloop.errors import BadInput
from fixloop.feedback import sources
from fixloop.feedback.incoming import Reader
from fixloop.workspace.text import did_you_mean, named


def formats() -> tuple[str, ...]:
    """The names of the sources, sorted."""
    found = (module.name for module in pkgutil.iter_modules(sources.__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def reader_of(name: str) -> Reader:
    """The source of a format.

    Raises:
        BadInput: there is no such format.
    """
    if name not in formats():
        raise BadInput(f"there is no feedback format {named(name)}", mend=did_you_mean(name, formats()))
    reader: Reader = importlib.import_module(f"{sources.__name__}.{name}").read
    return reader
