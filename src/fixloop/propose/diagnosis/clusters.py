"""Rejections that no leaf explains, by the thing they are about.

Tickets and the words staff use for them are clustered together (`company`).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.evidence.company import Voices, listen, parties
from fixloop.propose.words.near import Space
from fixloop.propose.words.words import phrases, stems

SMALLEST_CLUSTER = 3


def clusters(members: Sequence[Diagnosis]) -> list[tuple[Diagnosis, ...]]:
    """Groups of rejections about one thing, larger first; what stands alone is left out."""
    if not members:
        return []
    found = [[members[row] for row in rows] for rows in parties(voices_of(members))]
    kept = [tuple(one) for one in _joined_by_name(found) if len(one) >= SMALLEST_CLUSTER]
    return sorted(kept, key=lambda one: (-len(one), one[0].feedback.id))


def _joined_by_name(found: Sequence[Sequence[Diagnosis]]) -> list[list[Diagnosis]]:
    """Clusters that most of their staff call by one name are one, however unlike the customers' words are.

    So is one without a name of its own of which half call it by another's: in another language, say.
    """
    names = [_called(one) for one in found]
    joined: dict[Any, list[Diagnosis]] = {}
    for place, one in enumerate(found):
        joined.setdefault(names[place] or _also_called(one, names) or place, []).extend(one)
    return list(joined.values())


def _also_called(members: Sequence[Diagnosis], names: Sequence[frozenset[str]]) -> frozenset[str]:
    """The name of another cluster that at least half of these comments (and two) hold, if there is one."""
    said = [stems(member.feedback.comment) for member in members]
    users = {name: sum(name <= one for one in said) for name in names if name}
    shared = [(count, sorted(name)) for name, count in users.items() if 2 * count >= len(said) and count > 1]
    return frozenset(max(shared)[1]) if shared else frozenset()


def _called(members: Sequence[Diagnosis]) -> frozenset[str]:
    """The stems of the phrase of several words that more than half of the comments share, if there is one."""
    counts: Counter[frozenset[str]] = Counter()
    for member in members:
        counts.update(
            {stems(" ".join(words)) for words in phrases(member.feedback.comment) if len(words) > 1}
        )
    shared = [
        (count, sorted(name)) for name, count in counts.items() if 2 * count > len(members) and count > 1
    ]
    return frozenset(max(shared)[1]) if shared else frozenset()


def voices_of(members: Sequence[Diagnosis]) -> Voices:
    """The members among all rejections of their run; made up from their own texts where that is not known."""
    first = members[0].company
    if first is not None and all(m.company is not None and m.company.voices is first.voices for m in members):
        return first.voices.take([m.company.row for m in members if m.company is not None])
    texts = [m.feedback.fixture.ticket.customer_text for m in members]
    return listen([m.feedback for m in members], Space.of(texts))
