"""What holds between the files of a workspace: every reference leads somewhere, every rule can be met."""

from collections.abc import Iterator

from fixloop.workspace.model import Problem
from fixloop.workspace.parts import Parts


def check_references(parts: Parts) -> Iterator[Problem]:
    """Every problem between files; what depends on a file that is itself broken is passed over."""
    yield from ()
