"""What becomes of a fix in the queue."""

from dataclasses import dataclass

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
    """A fix that did not land: the check that said no, why, and what to type where that is known."""

    id: str
    check: str
    detail: str
    mend: str = ""

    @property
    def needless(self) -> bool:
        """Whether what it wants is on the branch already."""
        return self.check == "already_fixed" or self.detail == MERGED_ALREADY
