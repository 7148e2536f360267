"""Rejections in company: who complains of one thing, and which leaf, if any, that thing is.

Rejections are joined by average linkage (Sokal and Michener, 1958) on what the customer wrote and what staff
said. Whether a party of them belongs to a leaf is a two-sample question: as much likeness between party and
leaf as within each means one distribution (the kernel test of Gretton et al., JMLR 2012, as a ratio).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.propose.words.near import AnySpace, Space
from fixloop.propose.words.words import language_of, read_comment
from fixloop.workspace.text import normalise

LINK_AT = 0.1
"""Mean likeness, two thirds ticket and one third comment, from which two groups are one."""

USUAL = 0.13
"""That likeness where no leaf has two examples: the median leaf's of CLINC150."""

TELLS, TOLD_AT = 2.4, 1.1
"""Log-odds (nats) that two rejections mean one thing: likeness in units of what links two groups times the
first, less the second. Measured on rejected tickets of CLINC150, in bins of likeness from 0 to 4."""

CERTAIN = 50.0
"""Log-odds beyond which more says nothing: in a language of which all texts are alike they have no bounds."""

SAME = 0.75
"""Likeness between two parties, against that within them, from which both ask for one thing."""

FEW_OF_A_LANGUAGE = 5
"""Texts of a language below which nothing is known of it."""

OFTEN = 4
"""A comment is only judged a stock phrase when it was made this often."""

MOST_AT_ONCE = 3_000
"""Above this many rejections likeness is worked out in parts: it grows with the square."""


@dataclass(frozen=True, slots=True)
class Voices:
    """Rejections as rows: what the customer wrote, what staff said, and whether that says anything.

    `usual` is how alike the examples of a leaf usually are in this space, `link_at` the likeness from which
    two groups are one.
    """

    tickets: Any
    comments: Any
    telling: Any
    languages: Any
    usual: float = USUAL
    link_at: float = LINK_AT

    def __len__(self) -> int:
        return len(self.telling)

    def take(self, rows: Any) -> "Voices":
        """Some of them, in that order."""
        return replace(
            self,
            tickets=self.tickets[rows],
            comments=self.comments[rows],
            telling=self.telling[rows],
            languages=self.languages[rows],
        )

    def likeness(self) -> Any:
        """How alike each two are [n, n], 0…1; where one says nothing the tickets alone count."""
        tickets = _centred(_products(self.tickets, self.tickets), self.languages[:, 0])
        comments = _centred(_products(self.comments, self.comments), self.languages[:, 1])
        both = self.telling[:, None] & self.telling[None, :]
        tickets[both] = (2 * tickets[both] + comments[both]) / 3
        return tickets


def _centred(likeness: Any, languages: Any) -> Any:
    """Likeness beyond that of any two texts of one language: where a language is rare, its words are too."""
    import numpy as np

    for language in np.unique(languages):
        rows = np.flatnonzero(languages == language)
        block, size = likeness[np.ix_(rows, rows)], len(rows)
        if size >= FEW_OF_A_LANGUAGE:
            common = float(np.median(block[~np.eye(size, dtype=bool)]))
            likeness[np.ix_(rows, rows)] = (block - common) / max(1 - common, 1e-6)
    return likeness


def listen(rejections: Sequence[Feedback], space: AnySpace, usual: float = USUAL) -> Voices:
    """Rejections as voices, their tickets in a space that knows the leaves' examples too."""
    import numpy as np

    comments = [one.comment for one in rejections]
    telling = np.array([read_comment(one).says_anything for one in comments], dtype=bool)
    tickets = space.rows([one.fixture.ticket.customer_text for one in rejections])
    telling[_stock_phrases(comments, tickets, usual)] = False
    spoken = [[language_of(one.fixture.ticket.customer_text), language_of(one.comment)] for one in rejections]
    languages = np.array(spoken, dtype=str).reshape(len(rejections), 2)
    spoken_of = space.beside(comments).rows(comments)
    # In another's space texts are alike in another measure: that of its leaves.
    link_at = LINK_AT if isinstance(space, Space) else LINK_AT * usual / USUAL
    return Voices(tickets, spoken_of, telling, languages, usual, link_at)


def _stock_phrases(comments: Sequence[str], tickets: Any, usual: float) -> list[int]:
    """Rows of comments made often, on tickets with nothing in common ("useless", "try again")."""
    said: dict[str, list[int]] = defaultdict(list)
    for row, comment in enumerate(comments):
        said[normalise(comment)].append(row)
    often = [rows for rows in said.values() if len(rows) >= OFTEN]
    if not often:
        return []
    within = Groups.of(tickets, often).within
    return [row for rows, alike in zip(often, within, strict=True) if alike < usual / 4 for row in rows]


def parties(voices: Voices) -> list[Any]:
    """Rows of each party, in the order of their first rows; fragments that ask for one thing are joined."""
    import numpy as np

    found: list[Any] = []
    for start in range(0, len(voices), MOST_AT_ONCE):
        rows = np.arange(start, min(start + MOST_AT_ONCE, len(voices)))
        labels = _linked(voices.take(rows).likeness(), voices.link_at)
        found += [rows[labels == label] for label in np.unique(labels)]
    return sorted(_joined(voices, found), key=lambda one: int(one[0]))


def of_one_thing(voices: Voices) -> Any:
    """How likely each two rejections mean one thing [n, n], 0…1, and 0 on the diagonal.

    Of many things two are seldom one, so it takes more likeness then: how many there are is what average
    linkage finds, with one pair more for each rejection of which nothing is known.
    """
    import numpy as np

    likeness, count = voices.likeness(), len(voices)
    sizes = np.bincount(_linked(likeness, voices.link_at))
    chance = (float((sizes * (sizes - 1)).sum()) + count) / (count * (count - 1) + 2 * count)
    odds = np.log(chance / (1 - chance)) + TELLS * likeness / voices.link_at - TOLD_AT
    likely = np.round(1 / (1 + np.exp(-np.clip(odds, -CERTAIN, CERTAIN))), 6)
    np.fill_diagonal(likely, 0.0)
    return likely


def _linked(likeness: Any, link_at: float) -> Any:
    """A label for each row: average linkage of likeness, cut where it falls below `link_at`."""
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(likeness) < 2:
        return np.zeros(len(likeness), dtype=int)
    distances = np.clip(1 - np.round(likeness, 6), 0, None)
    np.fill_diagonal(distances, 0)
    return fcluster(linkage(squareform(distances, checks=False), "average"), 1 - link_at, "distance")


def _joined(voices: Voices, found: Sequence[Any]) -> list[Any]:
    """Parties of three and more whose tickets are as alike across as within become one."""
    import numpy as np

    large = [one for one in found if len(one) >= 3]
    if len(large) < 2:
        return list(found)
    groups = Groups.of(voices.tickets, large)
    ratio = groups.across(groups, voices.usual)
    owner = list(range(len(large)))
    for flat in np.argsort(-np.round(ratio, 6), axis=None, kind="stable"):
        a, b = divmod(int(flat), len(large))
        if ratio[a, b] < SAME:
            break
        if a != b and owner[a] != owner[b]:
            owner = [owner[a] if one == owner[b] else one for one in owner]
    merged: dict[int, list[Any]] = defaultdict(list)
    for place, one in zip(owner, large, strict=True):
        merged[place].append(one)
    small = [one for one in found if len(one) < 3]
    return [np.sort(np.concatenate(ones)) for ones in merged.values()] + small


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of texts by their mean rows, and how alike each one's texts are among themselves."""

    means: Any
    within: Any
    sizes: Any

    @classmethod
    def of(cls, rows: Any, members: Sequence[Any]) -> "Groups":
        """Groups of some rows of a sparse matrix of unit rows."""
        import numpy as np
        from scipy.sparse import csr_matrix

        sizes = np.array([len(one) for one in members])
        owners = np.repeat(np.arange(len(members)), sizes)
        picked = np.concatenate([np.asarray(one, dtype=int) for one in members]) if len(members) else owners
        shares = csr_matrix(
            (1 / sizes[owners], (owners, picked)), shape=(len(members), rows.shape[0]), dtype=np.float32
        )
        means = csr_matrix(shares @ rows)
        squares = np.asarray(means.multiply(means).sum(axis=1)).ravel()
        within = np.where(sizes > 1, (squares * sizes - 1) / np.maximum(sizes - 1, 1), np.nan)
        return cls(means, within, sizes)

    @property
    def usual(self) -> float:
        """How alike the texts of a group usually are: the median over groups of two and more."""
        import numpy as np

        known = self.within[~np.isnan(self.within)]
        return float(np.median(known)) if len(known) else USUAL

    def across(self, others: "Groups", usual: float) -> Any:
        """Likeness between groups against the likeness within both [self, others]: about 1 for one thing.

        A group of one text counts as alike as usual, one with hardly anything in common as half of that.
        """
        import numpy as np

        def floored(within: Any) -> Any:
            return np.maximum(np.nan_to_num(within, nan=usual), usual / 2)

        between = _products(self.means, others.means)
        return between / np.sqrt(np.outer(floored(self.within), floored(others.within)))


def _products(a: Any, b: Any) -> Any:
    return (a @ b.T).toarray()


def shares_of(labels: Sequence[Iterable[str]], columns: Mapping[str, int]) -> Any:
    """The share of each group's labels that each column has [groups, columns]."""
    import numpy as np

    found = np.zeros((len(labels), len(columns)))
    for row, ones in enumerate(labels):
        listed = list(ones)
        for one in listed:
            if one in columns:
                found[row, columns[one]] += 1 / len(listed)
    return found
