import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fixloop.pipeline.features import COLUMNS, Features, extract, normalise

TEXTS = st.lists(st.text(max_size=30), max_size=6)


def row(features: Features, place: int) -> tuple[list[int], list[float]]:
    span = slice(features.indptr[place], features.indptr[place + 1])
    return features.ids[span].tolist(), features.weights[span].tolist()


@given(TEXTS)
def test_a_text_has_the_same_features_in_any_batch(texts: list[str]) -> None:
    batch = extract(texts)
    assert len(batch) == len(texts)
    for place, text in enumerate(texts):
        assert row(batch, place) == row(extract([text]), 0)


@given(TEXTS)
def test_rows_are_ascending_without_repeats_and_of_length_one(texts: list[str]) -> None:
    features = extract(texts)
    for place, text in enumerate(texts):
        ids, weights = row(features, place)
        assert ids == sorted(set(ids))
        assert all(0 <= one < COLUMNS for one in ids)
        if normalise(text):
            assert abs(sum(one * one for one in weights) - 1) < 1e-4
        else:
            assert ids == []


def test_spelling_that_reads_the_same_is_the_same() -> None:
    assert row(extract(["ＬＯＣＫＥＤ   account!"]), 0) == row(extract(["locked\taccount"]), 0)


def test_word_order_matters() -> None:
    assert row(extract(["card to bank"]), 0) != row(extract(["bank to card"]), 0)


def test_ids_never_change() -> None:
    # A changed hash would silently spoil every cached fit: then raise ALGORITHM of the intent model.
    assert extract(["a"]).ids.tolist() == [1990429, 2672713, 3313020, 4124927]


def test_chosen_rows_keep_their_order() -> None:
    texts = ["one", "", "three words here", "four"]
    chosen = extract(texts).take(np.array([3, 1, 0]))
    expected = extract(["four", "", "one"])
    assert [row(chosen, place) for place in range(3)] == [row(expected, place) for place in range(3)]


def test_half_a_surrogate_pair_is_no_crash() -> None:
    assert len(extract(["broken \ud83d text"])) == 1


def test_the_engine_imports_neither_scikit_learn_nor_scipy() -> None:
    code = (
        "import sys, fixloop.pipeline.intent;"
        "sys.exit(any(one.split('.')[0] in ('sklearn', 'scipy') for one in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
