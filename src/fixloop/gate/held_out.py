"""Asking a held-out set without wearing it out sooner than need be.

Thresholdout (Dwork, Feldman, Hardt, Pitassi, Reingold, Roth: The reusable holdout, Science 349, 2015), for
one question: is the result worse than the base on cases that nobody has seen? What the visible cases say is
believed as long as the held-out ones agree with it within a noisy threshold. Only a disagreement is answered
from the held-out cases themselves, with noise, and uses up a part of the budget.

Three things differ from the paper. Numbers are net cases, not shares. Only a disagreement for the worse
counts. And all noise is drawn by HMAC from the question, so the same question has the same answer.
"""

import hashlib
import hmac
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from fixloop.errors import BadInput, FixloopError
from fixloop.evals.case import CaseSet
from fixloop.evals.cases import read_cases
from fixloop.evals.compare import NOT_COMPARABLE, Comparison, compare_reports
from fixloop.evals.run import evaluate
from fixloop.evals.splits import case_text
from fixloop.gate.side import Side
from fixloop.gate.texts import loose_digest
from fixloop.pipeline.compile import compile_pipeline
from fixloop.ports.cache import Cache
from fixloop.ports.held_out import HeldOut, Question
from fixloop.workspace.snapshot import MemorySnapshot, Snapshot, digest_of

FEWEST = 20
"""A set of fewer cases could see nothing but the coarsest harm, and would tell single cases."""
_SMALLEST_BUDGET = 10
_ROTATE_SOON = 0.8

PASS, FAIL, WORN_OUT, NOTHING_DIFFERS = "pass", "fail", "worn out", "nothing differs"

_READ_BY_NO_STEP = ("evals/",)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the set says: one of the four words above; `asked` counts distinct questions."""

    said: str
    cases: int
    margin: float
    asked: int
    rotate: bool = False


@dataclass(frozen=True, slots=True)
class Noise:
    """The draws of one question, Laplace-distributed with mean 0, in units of `scale`."""

    threshold: float
    query: float
    answer: float


class HeldOutSet:
    """A held-out set, read once. Nothing in it is ever part of a message."""

    def __init__(self, folder: HeldOut) -> None:
        self._folder = folder

    @cached_property
    def cases(self) -> CaseSet:
        """Its cases.

        Raises:
            BadInput: one cannot be read; says how many, and where, and never what stands there.
        """
        cases, problems = read_cases(MemorySnapshot(self._folder.files))
        errors = [problem for problem in problems if problem.severity == "error"]
        if errors:
            suite = [*errors[0].place.path.split("/"), ""][1]
            raise BadInput(
                f"the held-out set has {len(errors)} problems; the first is in {suite or 'no suite'}, "
                f"line {errors[0].place.line}",
                mend="lay it out as evals/; copied into a workspace of its own, `fixloop check` says more",
            )
        return cases

    @cached_property
    def texts(self) -> frozenset[str]:
        """Digests of its texts, as `loose_digest` makes them."""
        return frozenset(loose_digest(text) for text in map(case_text, self.cases) if text)

    def holds(self, texts: Collection[str]) -> int:
        """How many of some texts are in the set."""
        return sum(loose_digest(text) in self.texts for text in texts)

    # --- asking -----------------------------------------------------------------------------------------

    def ask(self, base: Side, result: Side, visible: Mapping[str, Comparison]) -> Answer:
        """Whether the result is worse than the base; asked twice, it answers alike and counts once.

        Raises:
            FixloopError: the set could not be asked.
        """
        before, after = _read_by_steps(base.snapshot), _read_by_steps(result.snapshot)
        if before == after:
            return self._answer(NOTHING_DIFFERS)
        name = self._drawn("question", before, after, digest_of(MemorySnapshot(self._folder.files))).hex()
        known = next((one for one in self._folder.questions() if one.id == name[:32]), None)
        if known is not None:
            return self._answer(known.answer)
        if self._used >= self.budget:
            return self._answer(WORN_OUT)
        question = self._judged(name[:32], base, result, visible, self.noise(before, after))
        self._folder.record(question, before, after)
        return self._answer(question.answer)

    def _judged(
        self, name: str, base: Side, result: Side, visible: Mapping[str, Comparison], noise: Noise
    ) -> Question:
        comparisons = self._compared(base, result)
        if any(one.outcome == NOT_COMPARABLE for one in comparisons.values()):
            return Question(name, FAIL, used=False)
        net = sum(one.net for one in comparisons.values())
        promised = _share(visible, comparisons.keys()) * len(self.cases)
        return settle(name, net, promised, self.scale, noise)

    def _compared(self, base: Side, result: Side) -> Mapping[str, Comparison]:
        """The paired comparison; what a text brought up on the way stays here, an error's words included."""
        try:
            sides = [
                evaluate(compile_pipeline(one.workspace, _Unwritten(one.cache)), self.cases)
                for one in (base, result)
            ]
        except Exception as error:
            # Whatever it is: its words, and what a log would say of it, may quote a text that nobody may see.
            what = type(error).__name__
        else:
            return compare_reports(*sides)
        raise FixloopError(f"the held-out set could not be asked: {what}")

    def _answer(self, said: str) -> Answer:
        questions = {one.id: one for one in self._folder.questions()}
        soon = self._used >= _ROTATE_SOON * self.budget
        return Answer(said, len(self.cases), margin(self.scale), len(questions), soon)

    # --- what it is worth -------------------------------------------------------------------------------

    @property
    def scale(self) -> float:
        """The noise's unit in cases: what chance alone moves when one case in a hundred changes."""
        return max(1.0, math.sqrt(len(self.cases) / 100))

    @property
    def budget(self) -> int:
        """How many disagreements it answers before it has to be rotated."""
        return max(_SMALLEST_BUDGET, math.isqrt(len(self.cases)))

    @property
    def _used(self) -> int:
        return len({one.id for one in self._folder.questions() if one.used})

    def noise(self, base: str, head: str) -> Noise:
        """The noise of one question, by HMAC(key, base tree, head tree)."""
        threshold, query, answer = (
            self._laplace(use, base, head) for use in ("threshold", "query", "answer")
        )
        return Noise(threshold / 2, query, answer / 4)

    def _laplace(self, use: str, base: str, head: str) -> float:
        """One draw of Laplace(0, 1), by its inverse distribution function."""
        drawn = int.from_bytes(self._drawn(use, base, head)[:7], "big")
        share = (drawn + 0.5) / 2**56 - 0.5
        return -math.copysign(math.log1p(-2 * abs(share)), share)

    def _drawn(self, *parts: str) -> bytes:
        return hmac.new(self._folder.key, "\0".join(parts).encode(), hashlib.sha256).digest()


def margin(scale: float) -> float:
    """How many cases the result may be worse by before the answer is no."""
    return 2 * scale


def settle(name: str, net: int, promised: float, scale: float, noise: Noise) -> Question:
    """The answer to one question.

    `net` is gains less losses on the held-out cases, `promised` what the visible ones let expect of as many.
    """
    believed = promised - net <= scale * (4 + noise.threshold + noise.query)
    if believed:
        return Question(name, PASS, used=False)
    said = PASS if net + scale * noise.answer >= -margin(scale) else FAIL
    return Question(name, said, used=True)


def _share(visible: Mapping[str, Comparison], suites: Collection[str]) -> float:
    """The net share of the visible cases that moved, over the suites the held-out set has too."""
    asked = [one for suite, one in visible.items() if suite in suites]
    aligned = sum(one.aligned for one in asked)
    return sum(one.net for one in asked) / aligned if aligned else 0.0


def _read_by_steps(snapshot: Snapshot) -> str:
    """The digest of all that an answer can depend on: a file beside it makes no new question."""
    paths = (path for path in snapshot.paths() if not path.startswith(_READ_BY_NO_STEP))
    lines = chain.from_iterable((path, snapshot.blob(path) or "") for path in paths)
    return hashlib.sha256("\0".join(lines).encode()).hexdigest()


class _Unwritten:
    """A cache that is read and never written: of a held-out text not even a digest is left behind."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def load(self, kind: str, key: str) -> bytes | None:
        return self._cache.load(kind, key)

    def save(self, kind: str, key: str, data: bytes) -> None:
        """Nothing is kept."""
