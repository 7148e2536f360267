"""Texts compared as a person would: what only looks different is the same text."""

import hashlib
import unicodedata
from collections.abc import Callable, Iterable

from fixloop.evals.case import CaseSet
from fixloop.evals.case_ids import folded_id
from fixloop.evals.case_references import all_asked
from fixloop.evals.splits import case_text
from fixloop.ports.cache import Cache
from fixloop.workspace.code import code_digest

_NO_SIGNS = {code: None for code in range(128) if not chr(code).isalnum()}


def loose_digest(text: str) -> str:
    """The digest of a text's letters and digits: not of spaces, punctuation, invisible signs, look-alikes.

    Stricter than the normalised form that puts a text into its split: "my card  was stolen!" with a
    zero-width space in it is the same text.
    """
    folded = folded_id(text)
    if folded.isascii():  # of thousands of texts nearly all are, and to look at each character takes its time
        signs = folded.translate(_NO_SIGNS)
    else:
        signs = "".join(char for char in folded if char.isalnum())
    return hashlib.sha256((signs or " ".join(text.split())).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def digests_of_texts(cases: CaseSet, digest: Callable[[str], str], cache: Cache) -> frozenset[str]:
    """The digests of all texts that cases ask; worked out once for the same cases.

    They are left in the cache: for cases that everybody may see, and never for a held-out set.
    """
    kind = f"texts {digest.__name__}"
    key = f"{code_digest('evals', 'gate', 'pipeline', 'workspace')}-{all_asked(cases)}"
    known = cache.load(kind, key)
    if known is not None:
        return frozenset(known.decode().split())
    found = frozenset(digest(text) for case in cases if (text := case_text(case)) is not None)
    cache.save(kind, key, "\n".join(sorted(found)).encode())
    return found


def words_of(text: str) -> list[str]:
    """The words of a text, folded, without punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char if char.isalnum() else " " for char in folded).split()


def runs_of(words: list[str], length: int) -> Iterable[tuple[str, ...]]:
    """Every run of so many words, in order."""
    return (tuple(words[at : at + length]) for at in range(len(words) - length + 1))
