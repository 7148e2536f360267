"""What becomes of a fix in the queue."""

from dataclasses import dataclass

from fixloop.gate.lanes import JUDGE

MERGED_ALREADY = "merged already"


@dataclass(frozen=True, slots=True)
class Landed:
    """A fix on the branch: its commit and that commit's tree, and the tree that was judged with it in it.

    The two trees differ where it landed in a batch, below other fixes.
    """

    id: str
    commit: str
    tree: str
    judged: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A fix that did not land: the check, why, what to type where that is known, and the lane judged in."""

    id: str
    check: str
    detail: str
    mend: str = ""
    lane: str = ""

    @property
    def asks_for_a_reason(self) -> bool:
        """Whether it changes what decides, and nothing else, so that a person's reason lets it pass."""
        return self.check == "lane" and self.lane == JUDGE

    @property
    def needless(self) -> bool:
        """Whether what it wants is on the branch already."""
        return self.check == "already_fixed" or self.detail == MERGED_ALREADY
