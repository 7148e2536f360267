import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from math import exp
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixloop.pipeline import intent, intent_model
from fixloop.pipeline.intent import (
    IntentAnswer,
    IntentModel,
    Tried,
    balanced_cut,
    cautious_cut,
    cheap_cut,
    choose_thresholds,
    fit_intent,
)

Examples = dict[str, list[str]]

CHILDREN = {
    "root": ("access", "cards", "greeting"),
    "access": ("login_problem", "locked"),
    "cards": ("card_lost", "locked"),
}
SPOKEN = {
    "login_problem": (["password", "sign in", "login"], ["fails", "is wrong", "does not work"]),
    "locked": (["account", "profile", "access"], ["is locked", "was blocked", "got frozen"]),
    "card_lost": (["card", "credit card", "debit card"], ["is lost", "was stolen", "disappeared"]),
    "greeting": (["hello", "hi", "good morning"], ["there", "everyone", "friend"]),
    "other": (["weather", "football", "movie"], ["tonight", "tomorrow", "in paris"]),
    "cards.other": (["card", "credit card"], ["colour", "picture", "size"]),
}
ASKED = ["my account is locked", "card was stolen", "hi friend", "weather in paris", "", "zzz qqq", "card"]


class Memory:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}
        self.saves = 0

    def load(self, kind: str, key: str) -> bytes | None:
        return self.kept.get((kind, key))

    def save(self, kind: str, key: str, data: bytes) -> None:
        self.saves += 1
        self.kept[kind, key] = data


def examples() -> Examples:
    return {leaf: [f"my {a} {b}" for a, b in product(*parts)] for leaf, parts in SPOKEN.items()}


def fit(found: Mapping[str, Sequence[str]], cache: Memory | None = None, **thresholds: float) -> IntentModel:
    return fit_intent(CHILDREN, found, thresholds, cache)


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return fit(examples())


def test_texts_get_their_leaf_and_its_path(model: IntentModel) -> None:
    answers = model.classify(
        ["my password is wrong", "my card is lost", "hello everyone", "football tonight"]
    )
    assert [answer.path for answer in answers] == [
        ("access", "login_problem"),
        ("cards", "card_lost"),
        ("greeting",),
        ("other",),
    ]
    assert all(answer.leaf == answer.raw_leaf == answer.path[-1] for answer in answers)


def test_a_shared_leaf_joins_its_paths(model: IntentModel) -> None:
    answer = model.classify(["my account was blocked"])[0]
    assert answer.leaf == "locked"
    assert answer.path in (("access", "locked"), ("cards", "locked"))


def test_scores_are_the_best_five_best_first(model: IntentModel) -> None:
    answer = model.classify(["my card is lost"])[0]
    assert next(iter(answer.scores)) == "card_lost"
    assert answer.scores["card_lost"] == answer.score
    assert len(answer.scores) <= 5
    assert list(answer.scores.values()) == sorted(answer.scores.values(), reverse=True)


def test_below_a_threshold_the_answer_is_that_level_s_other(model: IntentModel) -> None:
    asked = ["my card is lost"]
    root = model.with_thresholds({"root": 1.0}).classify(asked)[0]
    below = model.with_thresholds({"cards": 1.0}).classify(asked)[0]
    assert (root.leaf, root.path) == ("other", ("other",))
    assert (below.leaf, below.path) == ("cards.other", ("cards", "cards.other"))
    assert root.raw_leaf == below.raw_leaf == "card_lost"


def test_a_text_without_anything_known_is_other(model: IntentModel) -> None:
    for answer in model.classify(["", "  !?", "ꙮꙮꙮ"]):
        assert (answer.leaf, answer.path, answer.score) == ("other", ("other",), 0.0)


def test_leaf_scores_agree_with_classify(model: IntentModel) -> None:
    scores, labels = model.leaf_scores(ASKED)
    assert labels == tuple(sorted([*SPOKEN, "access.other"]))
    for answer, line in zip(model.classify(ASKED), scores, strict=True):
        for leaf, score in answer.scores.items():
            assert abs(line[labels.index(leaf)] - score) <= 1.01e-6


@given(st.lists(st.sampled_from([*ASKED, "hello", "my card picture"]), max_size=12))
@settings(max_examples=30, deadline=None)
def test_an_answer_does_not_depend_on_the_batch(texts: list[str]) -> None:
    known = {text: SHARED.classify([text])[0] for text in set(texts)}
    assert SHARED.classify(texts) == [known[text] for text in texts]


@given(st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_order_and_repeats_change_nothing(random: Random) -> None:
    leaves = list(examples().items())
    random.shuffle(leaves)
    mixed = {leaf: [*random.sample(found, len(found)), found[0].upper()] for leaf, found in leaves}
    assert fit(mixed).to_bytes() == SHARED.to_bytes()


def test_bytes_bring_back_the_same_answers(model: IntentModel) -> None:
    again = IntentModel.from_bytes(model.with_thresholds({"root": 0.2}).to_bytes())
    assert again.classify(ASKED) == model.with_thresholds({"root": 0.2}).classify(ASKED)
    with pytest.raises(ValueError, match="packed"):
        IntentModel.from_bytes(b"nonsense")


def test_with_and_without_a_cache_the_result_is_the_same() -> None:
    cache = Memory()
    cold = fit(examples(), cache)
    assert fit(examples(), cache).to_bytes() == cold.to_bytes() == fit(examples()).to_bytes()


@pytest.mark.parametrize(
    ("leaf", "fits"), [("greeting", 1), ("login_problem", 2), ("locked", 3), ("other", 3)]
)
def test_one_example_refits_the_root_and_the_parents_that_see_it(leaf: str, fits: int) -> None:
    cache = Memory()
    fit(examples(), cache)
    before = cache.saves
    grown = examples()
    grown[leaf].append("something quite new")
    warm = fit(grown, cache)
    assert cache.saves - before == fits
    assert warm.to_bytes() == fit(grown).to_bytes()


def test_a_damaged_cache_entry_counts_as_absent() -> None:
    cache = Memory()
    fit(examples(), cache)
    cache.kept = dict.fromkeys(cache.kept, b"fixloop1garbage")
    assert fit(examples(), cache).to_bytes() == SHARED.to_bytes()


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"locked": ["my account is locked"]},
        {"other": ["nice weather"]},
        {"locked": ["a b"], "greeting": ["a b"], "cards.other": ["a b"]},
        {"locked": [""], "greeting": ["hello"], "unheard_of": ["no parent reaches this"]},
    ],
)
def test_tiny_workspaces_work(found: Examples) -> None:
    small = fit(found, root=0.1)
    answers = small.classify(ASKED)
    assert answers == [small.classify([text])[0] for text in ASKED]
    assert answers[ASKED.index("")].leaf == "other"
    assert IntentModel.from_bytes(small.to_bytes()).classify(ASKED) == answers
    assert choose_thresholds(CHILDREN, found).keys() == {"root"}


def test_a_deeper_dag_is_walked_to_its_leaves() -> None:
    children = {"root": ("bank",), "bank": ("access", "card_lost"), "access": ("login_problem", "locked")}
    found = {leaf: texts for leaf, texts in examples().items() if leaf not in ("greeting", "cards.other")}
    answer = fit_intent(children, found, {}).classify(["my login fails"])[0]
    assert answer.path == ("bank", "access", "login_problem")


class Falsy(Memory):
    def __len__(self) -> int:
        return 0


def test_an_empty_cache_that_counts_as_false_is_used() -> None:
    cache = Falsy()
    assert not cache
    fit(examples(), cache)
    assert cache.saves == 3


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("features", "PAIR_REACH", 6),
        ("features", "_WORD", re.compile(r"[^ ]+")),
        ("linear", "PENALTY", 3.0),
        ("evidence", "_SMOOTHING", 0.2),
        ("descent", "SHARPNESS", 3.0),
        ("intent_model", "RIVAL", 0.3),
        ("intent_model", "TRUST", intent_model.TRUST | {"bias": 0.0}),
        ("intent_model", "ALGORITHM", "next"),
    ],
)
def test_a_changed_constant_changes_the_version(
    part: str, name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert intent_model.algorithm_version() == intent_model.INTENT_VERSION
    monkeypatch.setattr(f"fixloop.pipeline.{part}.{name}", value)
    assert intent_model.algorithm_version() != intent_model.INTENT_VERSION


def test_the_version_is_the_same_in_every_process() -> None:
    code = "from fixloop.pipeline.intent import INTENT_VERSION; print(INTENT_VERSION, end='')"
    again = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert again.stdout == intent_model.INTENT_VERSION


def test_a_model_of_another_version_is_not_read(model: IntentModel, monkeypatch: pytest.MonkeyPatch) -> None:
    data = model.to_bytes()
    monkeypatch.setattr(intent_model, "INTENT_VERSION", "1.older")
    with pytest.raises(ValueError, match="version"):
        IntentModel.from_bytes(data)


def test_a_node_of_another_version_is_fitted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Memory()
    fit(examples(), cache)
    monkeypatch.setattr(intent, "INTENT_VERSION", "1.older")
    fit(examples(), cache)
    assert cache.saves == 6


def test_rivals_are_settled_by_what_their_examples_account_for() -> None:
    found = {"a": ["send money abroad", "send money home"], "b": ["send money back", "send money again"]}
    close = fit_intent({"root": ("a", "b")}, found, {})
    rivals = close.rival_evidence(["send money"])
    assert (rivals.rows.tolist(), sorted(rivals.leaves)) == ([0, 0], ["a", "b"])
    weighed = rivals.evidence @ [1.0, *intent_model.RIVALRY.values()]
    scores, labels = close.leaf_scores(["send money"])
    first, second = (scores[0, labels.index(leaf)] for leaf in rivals.leaves)
    assert first / second == pytest.approx(exp(weighed[0] - weighed[1]), rel=1e-4)


def test_the_first_of_the_scores_is_the_answer_and_the_highest() -> None:
    scores, labels = SHARED.leaf_scores(ASKED)
    for answer, line in zip(SHARED.classify(ASKED), scores, strict=True):
        if answer.scores:
            assert answer.raw_leaf == next(iter(answer.scores))
            assert line.max() <= answer.score + 1e-6
            assert line[labels.index(answer.raw_leaf)] == answer.score


def test_intents_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        fit_intent({"root": ("a",), "a": ("b",), "b": ("a",)}, {}, {})


def test_thresholds_do_not_depend_on_order() -> None:
    assert choose_thresholds(CHILDREN, examples()) == choose_thresholds(
        CHILDREN, dict(reversed(examples().items()))
    )


def test_the_cut_serves_the_worse_off_of_two_groups_best() -> None:
    def tried(label: str, raw: str, score: float) -> Tried:
        return Tried(label, IntentAnswer(raw, raw, (raw,), score, {raw: score}))

    known = [tried("locked", "locked", score) for score in (0.2, 0.6, 0.8, 0.9)]
    unknown = [tried("other", "locked", score) for score in (0.1, 0.3, 0.5)] + [tried("other", "other", 0.9)]
    assert balanced_cut([*known, *unknown], "other") == 0.5
    assert balanced_cut(known, "other") == 0.0
    assert cheap_cut(known) == 0.2


def test_a_few_texts_out_of_scope_count_as_far_as_they_cost_little() -> None:
    def tried(label: str, raw: str, score: float) -> Tried:
        return Tried(label, IntentAnswer(raw, raw, (raw,), score, {raw: score}))

    known = [tried("lost", "lost", 0.2 + n / 200) for n in range(100)]
    assert cheap_cut(known) == cautious_cut(known, "other") == 0.2
    low = [tried("other", "lost", 0.21 + n / 1000) for n in range(3)]
    assert cautious_cut([*known, *low], "other") == 0.22
    high = [tried("other", "lost", 0.3)] * 2
    assert balanced_cut([*known, *high], "other") > 0.3
    assert cautious_cut([*known, *high], "other") == cheap_cut(known, 0.05) == 0.22


SHARED = fit(examples())
