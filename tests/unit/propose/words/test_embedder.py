"""An embedder of one's own: which texts are alike, for new leaves and for the nearest; and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from fixloop.errors import BadInput
from fixloop.feedback.model import Feedback
from fixloop.propose.evidence.company import LINK_AT, listen, parties
from fixloop.propose.words.near import Embedder, embedder_of, nearest, space_of
from fixloop.workspace.model import Config, Engines
from tests.support.worlds import build_workspace, minimal_world
from tests.unit.propose.diagnosis.test_diagnosis import bench_of, read, said_of
from tests.unit.propose.words.embedders import by_topic

HERE = "python:tests.unit.propose.words.embedders"
HOLIDAY = ("could we pause it", "a break would help", "skip one please", "I will do it later")
CRYPTO = ("where is my bitcoin", "how about a token", "my wallet is empty", "one coin is gone")


def config_with(function: str) -> Config:
    config = build_workspace().config
    return replace(config, engines=Engines(embedder=f"{HERE}:{function}"))


def rejections(texts: tuple[str, ...]) -> list[Feedback]:
    return [
        Feedback(
            f"fb-{n:04d}", "native", {"id": f"T-{n}", "text": text}, "rejected", proposal={"leaf": "other"}
        )
        for n, text in enumerate(texts)
    ]


def test_texts_without_a_common_word_are_one_party_where_the_embedder_says_so() -> None:
    told = rejections((*HOLIDAY, *CRYPTO))
    texts = [*HOLIDAY, *CRYPTO]
    own = listen(told, space_of(texts, Embedder("topics", by_topic)), usual=0.8)
    assert [sorted(map(int, rows)) for rows in parties(own)] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert own.link_at > LINK_AT
    features = listen(told, space_of(texts, None))
    assert len(parties(features)) > 2
    assert features.link_at == LINK_AT


def test_rows_are_unit_rows_around_the_mean_and_each_text_is_asked_once() -> None:
    asked: list[str] = []

    def counted(texts: list[str]) -> object:
        asked.extend(texts)
        return by_topic(texts)

    space = space_of([*HOLIDAY, *CRYPTO], Embedder("counted", counted))
    rows = space.rows([*HOLIDAY, HOLIDAY[0]]).toarray()
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert len(asked) == len(set(asked)) == 8
    assert (rows[0] @ rows[1]) > 0.9


def test_the_nearest_are_those_the_embedder_says() -> None:
    others = ["could it be that where I am it is", *CRYPTO[1:], *HOLIDAY[1:]]
    embedder = Embedder("topics", by_topic)
    assert {others[n] for n in nearest([CRYPTO[0]], others, 3, embedder)} == set(CRYPTO[1:])
    assert nearest([CRYPTO[0]], others, 1) == [0]


def test_the_setting_names_a_function_that_answers_in_a_process_of_its_own() -> None:
    assert embedder_of(build_workspace().config) is None
    embedder = embedder_of(config_with("by_topic"))
    assert embedder is not None
    assert embedder.rows([HOLIDAY[0], CRYPTO[0]]).shape == (2, 5)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("lopsided", "does not give a row of numbers for each text"),
        ("broken", "RuntimeError: no model here"),
        ("nowhere", "nowhere"),
    ],
)
def test_an_embedder_that_cannot_answer_is_told_and_is_no_traceback(function: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        embedder_of(config_with(function)).rows(["one", "two"])  # type: ignore[union-attr]


def test_the_workspace_says_which_and_diagnosis_hears_by_it() -> None:
    world = minimal_world()
    own = {**world, "fixloop.yaml": world["fixloop.yaml"] + f"engines: {{embedder: '{HERE}:by_topic'}}\n"}
    told = [said_of(world, n, text, "no leaf for this") for n, text in enumerate(HOLIDAY)]
    with_own = bench_of(own, told)
    assert with_own.embedder is not None
    assert bench_of(world, told).embedder is None
    company = read(told, own)[0].company
    assert company is not None
    assert [len(rows) for rows in parties(company.voices)] == [4]
    # The pipeline's answers are the same: an embedder only says what is alike.
    assert {key: one.outcome for key, one in with_own.before.items()} == {
        key: one.outcome for key, one in bench_of(world, told).before.items()
    }
