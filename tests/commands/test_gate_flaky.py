"""Engines whose answers vary: cases are asked several times, and only what holds still may block."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fixloop.commands.desk import Desk
from fixloop.commands.gate import gate
from fixloop.commands.merge import merge
from fixloop.gate.verdict import Check, Verdict
from tests.support.git_worlds import commit_all, run_git
from tests.support.hints import record, transfer_hint
from tests.support.loop import bank, desk_of
from tests.support.worlds import minimal_world

WORLD = minimal_world()
ENGINE = '''
from collections import Counter


class Engine:
    """Sure of most texts; of some it depends on how often they were asked."""

    version = "1"
    deterministic = False

    def __init__(self):
        self.asked = Counter()

    def classify(self, texts):
        return [self.answer(text) for text in texts]

    def answer(self, text):
        self.asked[text] += 1
        turn = self.asked[text]
        if "wavers" in text:
            return "transfer_failed" if turn % 3 else "other"
        if "tires" in text:
            return "transfer_failed" if turn <= 3 else "other"
        if "unsure" in text:
            return ("transfer_failed", 0.9 if turn % 3 else 0.5)
        return ("transfer_failed", 0.5) if "lost" in text else "account_locked"


def build(config):
    return Engine()
'''
CASES = """\
{"id": "steady", "text": "my transfer was lost", "expect": "transfer_failed", "protect": true}
{"id": "wavers", "text": "it wavers, the transfer", "expect": "transfer_failed", "protect": true}
{"id": "tires", "text": "it tires, the transfer", "expect": "transfer_failed", "protect": true}
{"id": "unsure", "text": "unsure of the transfer", "expect": "transfer_failed", "protect": true}
"""
LESS = WORLD["workspace/intents.yaml"].replace("{root: 0.3}", "{root: 0.6}")
CONFIG = WORLD["fixloop.yaml"] + "engines: {intent: 'python:my_engine:build'}\n"


def world(tmp_path: Path, cases: str = CASES, config: str = CONFIG) -> Desk:
    own = {"my_engine.py": ENGINE, "fixloop.yaml": config, "evals/intent/base.jsonl": cases}
    return bank(tmp_path, **own)


def judged(desk: Desk, files: Mapping[str, str]) -> Verdict:
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    commit_all(desk.folder, files)
    run_git(desk.folder, "checkout", "-q", "main")
    return gate(desk, "main", "work").verdict


def regressions(verdict: Verdict) -> Check:
    return next(check for check in verdict.checks if check.id == "regressions")


REMARK = {"workspace/templates.yaml": WORLD["workspace/templates.yaml"] + "# a remark\n"}


def only(*names: str) -> str:
    lines = CASES.splitlines(keepends=True)
    return "".join(line for line in lines if any(f'"id": "{name}"' in line for name in names))


def test_a_case_that_wavers_on_the_base_says_nothing(tmp_path: Path) -> None:
    desk = world(tmp_path, only("steady", "wavers"))
    verdict = judged(desk, REMARK)
    assert verdict.passed
    assert {name: tuple(counts) for name, counts in verdict.wavered.items()} == {"wavers": (2, 3)}
    assert regressions(verdict).evidence == ("wavers is set aside: it passes 2 of 3 times on the base",)
    assert verdict.suites["intent"].aligned == 1
    assert verdict.to_json()["wavered"] == {"wavers": [2, 3]}


def test_three_of_three_and_then_two_of_three_is_a_change(tmp_path: Path) -> None:
    verdict = judged(world(tmp_path, only("unsure")), {"workspace/intents.yaml": LESS})
    assert [check.id for check in verdict.failures] == ["regressions"]
    assert regressions(verdict).evidence == ("unsure",)


def test_the_base_is_asked_again_before_a_change_is_blamed(tmp_path: Path) -> None:
    verdict = judged(world(tmp_path, only("steady", "tires")), REMARK)
    assert verdict.passed
    assert regressions(verdict).evidence == ("tires is set aside: it passes 0 of 3 times on the base",)


def test_a_steady_case_still_blocks(tmp_path: Path) -> None:
    verdict = judged(world(tmp_path), {"workspace/intents.yaml": LESS})
    assert [check.id for check in verdict.failures] == ["regressions"]
    assert set(regressions(verdict).evidence) == {"steady", "unsure"}


def test_how_often_is_a_setting(tmp_path: Path) -> None:
    desk = world(tmp_path, only("steady", "wavers"), CONFIG + "gate: {repeats: 6}\n")
    assert tuple(judged(desk, REMARK).wavered["wavers"]) == (4, 6)


class Clock:
    def __init__(self, now: str) -> None:
        self._now = now

    def now(self) -> str:
        return self._now


def test_what_wavered_is_remembered_by_every_clone_and_forgotten_in_time(tmp_path: Path) -> None:
    desk = world(tmp_path, only("steady", "wavers"))
    hint = record(desk, transfer_hint())
    assert merge(desk, [hint.id]).merged
    (event,) = [one for one in desk_of(desk.folder).ground().book.events if one.event == "wavered"]
    assert event.data["counts"] == {"wavers": [2, 3]}
    assert event.data["until"] == {"wavers": "2026-12-05T08:00:00Z"}
    run_git(desk.folder, "clone", "-q", "--bare", ".", "../clone")
    clone = desk_of(desk.folder.parent / "clone")
    assert clone.ground().quarantine == {"wavers": "2026-12-05T08:00:00Z"}
    later = replace(clone, clock=Clock("2026-12-05T08:00:01Z"))
    assert later.ground().quarantine == {}


def test_in_quarantine_even_a_case_that_passes_now_says_nothing(tmp_path: Path) -> None:
    desk = world(tmp_path, only("unsure"))
    ground = desk.ground("ann@bank")
    ends = {"unsure": "2026-12-01T00:00:00Z"}
    ground.record([ground.event("wavered", data={"until": ends, "counts": {"unsure": [1, 3]}})], "seen")
    verdict = judged(desk_of(desk.folder), {"workspace/intents.yaml": LESS})
    assert verdict.passed
    assert "in quarantine until 2026-12-01" in regressions(verdict).evidence[0]


def test_a_deterministic_engine_is_asked_once(tmp_path: Path) -> None:
    steady = ENGINE.replace("deterministic = False", "deterministic = True")
    desk = bank(
        tmp_path,
        **{
            "my_engine.py": steady,
            "fixloop.yaml": CONFIG,
            "evals/intent/base.jsonl": only("steady", "tires"),
        },
    )
    verdict = judged(desk, REMARK)
    assert (verdict.passed, verdict.wavered) == (True, {})
    assert "wavered" not in verdict.to_json()
