"""Case ids are names to pair by: no two may be equal, nor look equal, in any suite."""

import unicodedata
from collections.abc import Sequence

from fixloop.evals.case import Case
from fixloop.workspace.model import Problem
from fixloop.workspace.text import named

# Letters of other scripts that are drawn like Latin ones in most typefaces (after case folding).
# Unicode's confusables table has thousands; these are the ones a keyboard layout types by accident.
_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝοαρικντυ",
    "aeopcyxijshdqwoapikvtu",
)
_UNSEEN = frozenset({"Cf", "Cc", "Mn", "Me", "Zs"})
_FILLERS = "\u115f\u1160"  # Hangul fillers: letters by category, blank to the eye


def folded_id(case_id: str) -> str:
    """What an id looks like: width, case, invisible characters and look-alike letters folded away."""
    if case_id.isascii():
        return case_id.lower()
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", case_id).casefold())
    seen = (char for char in text if unicodedata.category(char) not in _UNSEEN and char not in _FILLERS)
    return "".join("-" if _is_dash(char) else char for char in seen).translate(_LOOK_ALIKES)


def _is_dash(char: str) -> bool:
    return unicodedata.category(char) == "Pd" or char == "\u2212"  # the minus sign is drawn like a hyphen


def id_problems(cases: Sequence[Case]) -> list[Problem]:
    """A problem for every case whose id an earlier one has, or seems to have."""
    first: dict[str, Case] = {}
    problems: list[Problem] = []
    for case in cases:
        other = first.setdefault(folded_id(case.id), case)
        if other is not case:
            problems.append(_doubled(case, other))
    return problems


def _doubled(case: Case, other: Case) -> Problem:
    same = "is taken" if case.id == other.id else f"reads like {named(other.id)}, which is taken"
    return Problem(
        case.place,
        f"the case id {named(case.id)} {same}: see {other.place}",
        "give this case an id of its own",
    )
