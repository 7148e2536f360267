"""What is kept of texts between runs changes no answer, and spares what nothing has changed."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from random import Random

import numpy as np
import pytest

from fixloop.pipeline import heard
from fixloop.pipeline.features import Features, extract
from fixloop.pipeline.heard import Texts, kept_features
from fixloop.pipeline.intent import IntentModel, fit_intent
from fixloop.pipeline.linear import Linear
from fixloop.pipeline.packed import pack
from fixloop.ports.cache import Cache, Drafts, NoCache
from tests.unit.pipeline.test_intent import ASKED, CHILDREN, Memory, examples

Examples = Mapping[str, Sequence[str]]

PEOPLE = ("ann", "bob", "cleo", "dan", "eve")
TEXTS = [f"{one} says {text}" for one, text in product(PEOPLE, ASKED)] + ["", "ꙮꙮꙮ", "\ud800 half"]
GROWN = {**examples(), "card_lost": [*examples()["card_lost"], "somebody nicked it at the pool"]}


@pytest.fixture(autouse=True)
def few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "WORTH", 1)
    monkeypatch.setattr(heard, "BATCH", 8)


@pytest.fixture
def rows_asked(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, ...], int]:
    """How many rows each classifier was asked for, by its classes."""
    asked: dict[tuple[str, ...], int] = {}
    plain = Linear.margins

    def counted(fit: Linear, features: Features) -> heard.Margins:
        asked[fit.classes] = asked.get(fit.classes, 0) + len(features)
        return plain(fit, features)

    monkeypatch.setattr(Linear, "margins", counted)
    return asked


def model(found: Examples, cache: Cache) -> IntentModel:
    return fit_intent(CHILDREN, found, {}, cache).with_thresholds({"root": 0.3}, cache)


def test_answers_are_the_same_to_the_bit_whatever_is_kept() -> None:
    cache, random = Memory(), Random(3)
    for found in (examples(), GROWN, examples(), GROWN):
        cold = model(found, NoCache())
        for _ in range(3):
            texts = random.sample(TEXTS, random.randrange(1, len(TEXTS)))
            assert model(found, cache).classify(texts) == cold.classify(texts)


def test_a_second_run_works_out_the_roots_margins_and_no_others(
    rows_asked: dict[tuple[str, ...], int],
) -> None:
    cache = Memory()
    model(examples(), cache).classify(TEXTS)
    assert len(rows_asked) == len(CHILDREN)
    rows_asked.clear()
    model(examples(), cache).classify(TEXTS)
    assert [classes for classes in rows_asked if "cards" not in classes] == []


def test_after_one_more_example_only_what_is_fitted_anew_is_asked(
    rows_asked: dict[tuple[str, ...], int],
) -> None:
    cache = Memory()
    model(examples(), cache).classify(TEXTS)
    before = dict(rows_asked)
    cold = model(GROWN, NoCache()).classify(TEXTS)
    rows_asked.clear()
    assert model(GROWN, cache).classify(TEXTS) == cold
    access, cards = (next(one for one in before if leaf in one) for leaf in ("login_problem", "card_lost"))
    assert rows_asked[cards] >= before[cards] / 2
    assert rows_asked.get(access, 0) <= before[access] / 4  # those that came to it by the new root


def test_one_text_more_changes_one_batch() -> None:
    cache = Memory()
    texts = [f"text {n}" for n in range(60)]
    list(Texts(cache, {}).batches(texts))
    before = cache.saves
    list(Texts(cache, {}).batches(["one more", *texts]))
    assert cache.saves - before == 1


def test_what_is_kept_of_examples_is_what_is_extracted() -> None:
    cache = Memory()
    for texts in (TEXTS, TEXTS[::-1], ["new", *TEXTS], TEXTS[:1], ["", ""]):
        for _ in range(2):
            found, plain = kept_features(texts, cache), extract(texts)
            for name in ("indptr", "ids", "weights"):
                np.testing.assert_array_equal(getattr(found, name), getattr(plain, name))
                assert getattr(found, name).dtype == getattr(plain, name).dtype


def test_one_example_more_reads_the_run_it_stands_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "_RUN", 8)
    cache = Memory()
    texts = [f"example {n}" for n in range(200)]
    kept_features(texts, cache)
    runs = cache.saves
    assert runs > 10
    for place in (0, 77, 200):
        before = cache.saves
        kept_features([*texts[:place], "one more", *texts[place:]], cache)
        assert 0 < cache.saves - before <= 2


@pytest.mark.parametrize("room", [64 * 1024**2, 20_000, 0])
def test_drafts_get_the_same_answers_and_write_no_whole_model(room: int) -> None:
    """Whatever of it is at hand, as after a run without it."""
    disk = Memory()
    drafts = Drafts(disk, room)
    for found in (examples(), GROWN, examples(), GROWN):
        cold = model(found, NoCache()).classify(TEXTS)
        assert model(found, drafts).classify(TEXTS) == cold
        assert model(found, disk).classify(TEXTS) == cold
        assert drafts._size == sum(map(len, drafts._lately.values())) <= room


def test_a_draft_asks_the_other_cache_once_while_there_is_room() -> None:
    disk = Memory()
    disk.kept["kind", "key"] = b"12345"
    drafts = Drafts(disk, 10)
    assert drafts.load("kind", "none") is None
    assert drafts.load("kind", "key") == b"12345"
    del disk.kept["kind", "key"]
    assert drafts.load("kind", "key") == b"12345"
    drafts.save("kind", "other", b"12")
    drafts.save("kind", "other", b"1234567")
    assert disk.kept["kind", "other"] == b"1234567"
    assert drafts.load("kind", "key") is None


@pytest.mark.parametrize("damage", [lambda _: b"fixloop1garbage", lambda data: data[:-40], lambda _: b""])
def test_a_damaged_entry_counts_as_absent(damage: Callable[[bytes], bytes]) -> None:
    cache = Memory()
    cold = model(examples(), cache).classify(TEXTS)
    cache.kept = {
        key: damage(data) if key[0] in ("features", "intent-margins") else data
        for key, data in cache.kept.items()
    }
    assert model(examples(), cache).classify(TEXTS) == cold


def test_entries_of_another_batch_or_parent_count_as_absent() -> None:
    cache = Memory()
    cold = model(examples(), cache).classify(TEXTS)
    margins = [key for key in cache.kept if key[0] == "intent-margins"]
    wide = pack({}, {"rows": np.arange(900, dtype=np.int32), "margins": np.zeros((900, 2), np.float32)})
    cache.kept |= dict.fromkeys(margins, wide)
    assert model(examples(), cache).classify(TEXTS) == cold


def test_few_texts_and_very_many_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "WORTH", 10)
    monkeypatch.setattr(heard, "MOST", 50)
    cache = Memory()
    texts = Texts(cache, {})
    sizes = [len(list(texts.batches([f"text {n} {m}" for m in range(n)]))) for n in (9, 40, 40)]
    assert [kind for kind, _ in cache.kept] == ["features"] * sizes[1]
    assert [batch.places.tolist() for batch in texts.batches(["a"] * 9)] == [[*range(8)], [8]]
