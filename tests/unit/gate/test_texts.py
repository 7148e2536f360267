"""Which texts the cases ask is worked out once for the same cases, and told alike from the cache."""

from fixloop.evals.case import Case, CaseSet
from fixloop.evals.splits import case_text
from fixloop.gate.texts import digests_of_texts, loose_digest
from fixloop.ports.cache import NoCache
from fixloop.workspace.text import text_digest


class Kept:
    """A cache in memory that counts what it finds."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], bytes] = {}
        self.found = 0

    def load(self, kind: str, key: str) -> bytes | None:
        data = self.entries.get((kind, key))
        self.found += data is not None
        return data

    def save(self, kind: str, key: str, data: bytes) -> None:
        self.entries[kind, key] = data


CASES = (
    Case("intent", "i-1", {"id": "i-1", "text": "My card was stolen!", "expect": "card"}),
    Case("extraction", "e-1", {"id": "e-1", "text": "", "expect": {}}),
    Case("fetch", "f-1", {"id": "f-1", "fields": {}, "expect": {"records": []}}),
    Case("pipeline", "p-1", {"id": "p-1", "ticket": {"id": "T", "text": "Größe  🔒"}, "expect": {}}),
)


def test_a_second_run_is_told_what_the_first_worked_out() -> None:
    kept = Kept()
    for digest in (text_digest, loose_digest):
        plain = frozenset(digest(text) for text in map(case_text, CASES) if text is not None)
        assert len(plain) == 3
        for cache in (NoCache(), kept, kept):
            assert digests_of_texts(CaseSet(CASES), digest, cache) == plain
    assert kept.found == 2


def test_another_case_another_entry() -> None:
    kept = Kept()
    digests_of_texts(CaseSet(CASES), text_digest, kept)
    assert digests_of_texts(CaseSet(CASES[:1]), text_digest, kept) == {text_digest("my card was stolen!")}
    assert digests_of_texts(CaseSet(()), text_digest, kept) == frozenset()
    assert digests_of_texts(CaseSet(()), text_digest, kept) == frozenset()
    assert len(kept.entries) == 3
