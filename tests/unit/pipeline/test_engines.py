import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from fixloop.errors import BadInput
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.engines import EngineFailure
from fixloop.pipeline.fixture import Fixture, Forced
from fixloop.pipeline.ticket import Ticket
from fixloop.ports.cache import NoCache
from fixloop.workspace.model import Config, Engines
from tests.unit.pipeline import bank

ANSWERS: dict[str, Any] = {
    "plain": "account_locked",
    "scored": ("transfer_failed", 0.31),
    "unsure": ["transfer_failed", 0.2],
    "other": "payments.other",
    "unknown": "no_leaf",
    "score": ("account_locked", 7),
    "nothing": None,
    "list": [],
    "parent": "payments",
}


class TableEngine:
    """Step one by table; a text it does not know makes the whole batch crash."""

    version = "2"
    deterministic = True

    def classify(self, texts: Sequence[str]) -> list[Any]:
        return [ANSWERS[text] for text in texts]


def table(config: Config) -> TableEngine:
    return TableEngine()


class UpperCase:
    """Step two for tests: the upper-case words; another answer each time, as a model's may be."""

    version = "1"
    deterministic = False

    def extract(self, texts: Sequence[str]) -> list[Any]:
        words = [[word for word in text.split() if word.isupper()] for text in texts]
        return [{"account": {"account_number": found}} if "BAD" not in found else "BAD" for found in words]


def upper_case(config: Config) -> UpperCase:
    return UpperCase()


def without_version(config: Config) -> object:
    return object()


HERE = "python:tests.unit.pipeline.test_engines"


def pipeline(**engines: str) -> Pipeline:
    workspace = bank.workspace()
    config = replace(workspace.config, engines=Engines(**{"intent": f"{HERE}:table", **engines}))
    return compile_pipeline(replace(workspace, config=config), NoCache())


class TestIntent:
    def test_leaves_and_pairs_are_answers(self) -> None:
        found = pipeline().classify(["plain", "scored", "unsure", "other"])
        assert [one.leaf for one in found] == ["account_locked", "transfer_failed", "other", "payments.other"]
        assert [one.path for one in found][1:] == [
            ("payments", "transfer_failed"),
            ("other",),
            ("payments", "payments.other"),
        ]
        assert (found[2].raw_leaf, found[2].scores) == ("transfer_failed", {"transfer_failed": 0.2})

    @pytest.mark.parametrize("text", ["unknown", "score", "nothing", "list", "parent", "never seen"])
    def test_anything_else_is_a_failure_of_that_text_only(self, text: str) -> None:
        good, bad, after = pipeline().classify_each(["plain", text, "scored"])
        assert not isinstance(good, EngineFailure)
        assert not isinstance(after, EngineFailure)
        assert isinstance(bad, EngineFailure)
        assert (bad.engine, bad.index) == (f"{HERE}:table", 1)
        with pytest.raises(EngineFailure):
            pipeline().classify(["plain", text])

    def test_a_failure_is_handed_over_and_no_result(self) -> None:
        good, bad = pipeline().propose([Ticket("1", "plain"), Ticket("2", "unknown")])
        assert good.failure is None
        assert bad.failure is not None and "\n" not in bad.failure
        assert (bad.reply.template, bad.needs_review, bad.tools) == ("handover", True, ())
        assert "no_leaf" in "\n".join(bad.why)

    def test_a_forced_leaf_asks_no_engine(self) -> None:
        proposal = pipeline().replay(
            Fixture(Ticket("1", "never seen"), {}, {}), Forced(leaf="account_locked")
        )
        assert (proposal.leaf, proposal.failure) == ("account_locked", None)

    def test_the_version_names_the_engine(self) -> None:
        assert pipeline().intent_version == f"{HERE}:table 2"


class TestExtraction:
    def test_an_engine_s_values_are_fetched_by(self) -> None:
        ours = pipeline(extraction=f"{HERE}:upper_case")
        (proposal,) = ours.propose([Ticket("1", "plain")])
        assert proposal.fields == {}
        assert ours.extract("number KTR05821") == {"account": {"account_number": ("KTR05821",)}}
        assert not ours.deterministic

    def test_a_failure_names_it(self) -> None:
        with pytest.raises(EngineFailure, match="upper_case"):
            pipeline(extraction=f"{HERE}:upper_case").extract("BAD")

    def test_replay_does_not_ask_a_model_again(self) -> None:
        ours = pipeline(extraction=f"{HERE}:upper_case")
        fixture = Fixture(
            Ticket("1", "plain"), {"account": {"account_number": ("KTR05821",)}}, {"accounts": bank.ACCOUNTS}
        )
        assert [record.id for record in ours.replay(fixture).records] == ["a1"]


@pytest.mark.parametrize(
    ("engines", "says"),
    [
        ({"intent": "python:nowhere.at_all:make"}, "nowhere"),
        ({"intent": f"{HERE}:nothing_here"}, "nothing_here"),
        ({"intent": f"{HERE}:HERE"}, "not callable"),
        ({"intent": "python:tests"}, "module:factory"),
        ({"intent": f"{HERE}:without_version"}, "no version, deterministic, classify"),
        ({"intent": "magic"}, "magic"),
        ({"extraction": "magic"}, "magic"),
    ],
)
def test_an_engine_that_cannot_be_used_is_named(engines: dict[str, str], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        pipeline(**engines).classify(["plain"])


def test_a_fork_of_the_run_asks_an_engine_of_its_own() -> None:
    """Two askers on one pipe would read each other's answers."""

    classify = pipeline().classify
    assert [one.leaf for one in classify(["plain", "other"])] == ["account_locked", "payments.other"]
    pid = os.fork()
    if pid == 0:
        right = [one.leaf for one in classify(["other"] * 50)] == ["payments.other"] * 50
        os._exit(0 if right else 1)
    assert [one.leaf for one in classify(["plain"] * 50)] == ["account_locked"] * 50
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
