"""Step one: a leaf for each text, by the built-in engine or one of the user's own; fitted when asked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fixloop.errors import BadInput
from fixloop.pipeline.engines import Answer, EngineFailure, ask, is_custom, load_engine, read_answer
from fixloop.ports.cache import Cache, Drafts
from fixloop.workspace.code import code_digest
from fixloop.workspace.model import LeafId, Workspace
from fixloop.workspace.text import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fixloop.pipeline.engines import IntentEngine
    from fixloop.pipeline.intent import IntentModel

BUILT_IN = "examples"
_MOST_LATELY = 20_000
_LATELY: dict[Any, dict[str, Answer]] = {}
"""The models asked lately, oldest first, and their answers by text, about `_MOST_LATELY` in all."""


class Classifier:
    """A workspace's step one; a plan-only question never pays for fitting it."""

    def __init__(self, workspace: Workspace, cache: Cache) -> None:
        self._workspace = workspace
        self._cache = cache
        self._told: dict[str, Answer] = {}
        self._engine_name = workspace.config.engines.intent
        if not is_custom(self._engine_name) and self._engine_name != BUILT_IN:
            raise BadInput(
                f"there is no intent engine {shown(self._engine_name)}",
                mend=f"use `{BUILT_IN}` or `python:package.module:factory` in fixloop.yaml",
            )

    def classify(self, texts: Sequence[str]) -> list[Answer | EngineFailure]:
        """An answer for each text, or the failure of an engine of one's own on it."""
        if not self._told:
            return self._ask(texts)
        rest = [text for text in texts if text not in self._told]
        found = dict(zip(rest, self._ask(rest), strict=True))
        return [self._told[text] if text in self._told else found[text] for text in texts]

    def tell(self, answers: Mapping[str, Answer]) -> None:
        """Answers that this very step one gave in an earlier run: they are not worked out again."""
        self._told.update(answers)

    def _ask(self, texts: Sequence[str]) -> list[Answer | EngineFailure]:
        if not texts:
            return []
        if not is_custom(self._engine_name):
            return [*self._remembered(texts)]
        raw = ask(self._engine_name, self._engine.classify, texts)
        return self._read(raw)

    def _remembered(self, texts: Sequence[str]) -> list[Answer]:
        """The model's answers; a text that the same model was asked before is not worked out again.

        A queue gates fix after fix: what was the result of one is the base of the next, and the tickets and
        cases that both are asked are the same. A text's answer is the same in any batch.
        """
        key = (self._content_digest, tuple(sorted(self._workspace.intents.thresholds.items())))
        known = _LATELY.get(key, {})
        new = [text for text in dict.fromkeys(texts) if text not in known]
        found = dict(zip(new, self.model.classify(new) if new else (), strict=True))
        answers = [known[text] if text in known else found[text] for text in texts]
        _remember(key, found)
        return answers

    def _read(self, raw: Sequence[Any]) -> list[Answer | EngineFailure]:
        """The raw answers checked; a leaf that many texts get is looked up once."""
        dag, known = self._workspace.intents, dict[str, Answer]()
        answers: list[Answer | EngineFailure] = []
        for index, one in enumerate(raw):
            answer = known.get(one) if type(one) is str else None
            if answer is None:
                read = read_answer(self._engine_name, index, one, dag)
                if type(one) is str and not isinstance(read, EngineFailure):
                    known[one] = read
                answers.append(read)
            else:
                answers.append(answer)
        return answers

    def leaf_scores(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
        """Joint scores [texts, leaves] and the leaves; an engine of one's own has 1 for its answer."""
        if not is_custom(self._engine_name):
            return self.model.leaf_scores(texts)
        import numpy as np

        leaves = tuple(self._workspace.intents.all_leaves)
        scores = np.zeros((len(texts), len(leaves)))
        for row, answer in enumerate(self.classify(texts)):
            if not isinstance(answer, EngineFailure) and answer.raw_leaf in leaves:
                scores[row, leaves.index(LeafId(answer.raw_leaf))] = 1.0
        return scores, leaves

    @property
    def deterministic(self) -> bool:
        """Whether the same text always gets the same answer."""
        return not is_custom(self._engine_name) or bool(self._engine.deterministic)

    def reads(self) -> Any:
        """All that an answer depends on, as JSON; None where the same text may get another answer."""
        if not self.deterministic:
            return None
        dag = self._workspace.intents
        shape = [dag.children, dict(dag.thresholds)]
        if is_custom(self._engine_name):
            # The factory is given the whole configuration, and may read any of it.
            return [self.version, repr(self._workspace.config), shape]
        return [self._content_digest, shape]

    @cached_property
    def version(self) -> str:
        """What names this engine's behaviour beside the examples: for cache keys and "not comparable"."""
        if is_custom(self._engine_name):
            return f"{self._engine_name} {self._engine.version}"
        # Kept under the code that says it: asking the code loads numpy, which many a gate does without.
        saved = self._cache.load("intent-version", _code())
        try:
            return f"{BUILT_IN} {json.loads(saved or b'')}"
        except ValueError:
            pass  # a damaged cache entry counts as absent
        with _one_thread():
            from fixloop.pipeline.intent import INTENT_VERSION

        self._cache.save("intent-version", _code(), json.dumps(INTENT_VERSION).encode())
        return f"{BUILT_IN} {INTENT_VERSION}"

    @cached_property
    def model(self) -> IntentModel:
        """The fitted built-in model: its arrays from the cache, where the same content was fitted before."""
        with _one_thread():
            from fixloop.pipeline.intent import IntentModel, fit_intent

        dag = self._workspace.intents
        key = self._content_digest
        saved = self._cache.load("intent", key)
        if saved is not None:
            try:
                return IntentModel.from_bytes(saved).with_thresholds(dag.thresholds, self._cache)
            except (ValueError, KeyError):
                pass  # a damaged cache entry counts as absent
        model = fit_intent(dag.children, self._examples(), dag.thresholds, self._cache)
        if not isinstance(self._cache, Drafts):  # its parents' classifiers are kept, and give it again
            self._cache.save("intent", key, model.to_bytes())
        return model.with_thresholds(dag.thresholds, self._cache)

    @cached_property
    def _engine(self) -> IntentEngine:
        engine: IntentEngine = load_engine(self._engine_name, self._workspace.config, "classify")
        return engine

    def _examples(self) -> dict[str, tuple[str, ...]]:
        return {leaf: tuple(one.text for one in found) for leaf, found in self._workspace.examples.items()}

    @cached_property
    def _content_digest(self) -> str:
        """All that fitting depends on; thresholds are laid over the fitted model."""
        content = json.dumps(
            [self.version, self._workspace.intents.children, self._examples()], ensure_ascii=True
        )
        return hashlib.sha256(content.encode()).hexdigest()


def _remember(key: Any, found: Mapping[str, Answer]) -> None:
    """Keep the newest answers; what is over the limit goes by whole models, the oldest first."""
    known = _LATELY.pop(key, {})
    if len(known) + len(found) > _MOST_LATELY:
        known = {}
    if len(found) <= _MOST_LATELY:
        known.update(found)
    _LATELY[key] = known
    while sum(map(len, _LATELY.values())) > _MOST_LATELY:
        del _LATELY[next(iter(_LATELY))]


def _code() -> str:
    return code_digest("pipeline", "workspace", "ports")


_THREADS = "OPENBLAS_NUM_THREADS"


@contextmanager
def _one_thread() -> Iterator[None]:
    """If numpy is imported here, its BLAS starts no threads, unless the user says how many.

    Our products are small. A thread for each core costs more than importing numpy does, and spins between
    two products on a core that has work.
    """
    given = os.environ.get(_THREADS)
    os.environ.setdefault(_THREADS, "1")
    try:
        yield
    finally:
        if given is None:
            del os.environ[_THREADS]
