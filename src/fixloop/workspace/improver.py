"""workspace/improver.yaml: what the proposer believes before anything is said, learnt from decisions.

It moves what people get to see, so it changes in the judge lane only. What is left out, and all of it without
the file, is as built in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fixloop.workspace.snapshot import Snapshot

IMPROVER = "workspace/improver.yaml"


@dataclass(frozen=True, slots=True)
class Improver:
    """Priors by step (`new_leaf` beside `intent`), factors by kind of fix, the margin to act without asking.

    A factor of 2 makes readings that lead to this kind twice as likely; a margin of 0…1 is a difference of
    probabilities.
    """

    version: int = 1
    priors: Mapping[str, float] = field(default_factory=dict)
    kinds: Mapping[str, float] = field(default_factory=dict)
    margin: float | None = None


def load_improver(snapshot: Snapshot) -> Improver:
    """The improver of a snapshot, or the built-in one.

    Raises:
        BadInput: the file has a mistake.
    """
    from fixloop.workspace.file_parts import read_value
    from fixloop.workspace.files import improver_part

    return read_value(snapshot, IMPROVER, improver_part) or Improver()
