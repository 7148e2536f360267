"""Whole tickets answered before: where step one sent each, and what the rest of its way read.

Kept in two stages. Step one's answer stands under the model's digest; what came of the ticket stands under
the digest of all that is read from there on. So a change of one plan tree asks again only the tickets that
reach it, and after one added example only step one is asked for all, the rest where an answer moved.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fixloop.pipeline.compile import Pipeline
from fixloop.pipeline.engines import EngineFailure, GivenAnswer
from fixloop.pipeline.memo import Memo, Pack
from fixloop.pipeline.reads import digest

KeptAnswer = list[Any]
"""Step one's answer as JSON: leaf, raw leaf, path, scores."""


class Ways:
    """The ways of one pipeline's tickets, by keys that hold all that is asked of each."""

    def __init__(self, memo: Memo, pipeline: Pipeline) -> None:
        self._memo = memo
        self._pipeline = pipeline
        self._reads = pipeline.reads
        self._made: dict[tuple[str, tuple[str, ...], bool], str | None] = {}

    def scopes(
        self, keys: Sequence[str], text: Callable[[int], str], live: Sequence[bool]
    ) -> list[str | None]:
        """Where what comes of each ticket is kept; None where nothing may be.

        `text` gives the text of the n-th ticket, `live` whether each is looked up in the workspace's records.
        """
        answers, made = self._answers(keys, text), self._made
        scopes: list[str | None] = []
        for answer, one in zip(answers, live, strict=True):
            if answer is None:
                scopes.append(None)
                continue
            way = (answer[0], tuple(answer[2]), one)
            if way not in made:
                made[way] = self._reads.way(*way)
            scopes.append(made[way])
        return scopes

    def tell(self, asked: Mapping[str, str]) -> None:
        """Spare the pipeline classifying tickets (key to text) that are asked for the sake of later steps."""
        pack = self._pack
        if pack is None:
            return
        known = {text: pack.known[key] for key, text in asked.items() if key in pack.known}
        self._pipeline.tell(
            {
                text: GivenAnswer(leaf, raw, tuple(path), scores)
                for text, (leaf, raw, path, scores) in known.items()
            }
        )

    def _answers(self, keys: Sequence[str], text: Callable[[int], str]) -> list[KeptAnswer | None]:
        pack = self._pack
        if pack is None:
            return [None] * len(keys)
        new = [place for place, key in enumerate(keys) if key not in pack.known]
        found: dict[str, KeptAnswer] = {}
        if new:
            try:
                answers = self._pipeline.classify_each([text(place) for place in new])
            except (Exception, SystemExit):  # tickets are asked one by one then, and each says what happened
                return [None] * len(keys)
            for place, answer in zip(new, answers, strict=True):
                if not isinstance(answer, EngineFailure):
                    path, scores = list(answer.path), dict(answer.scores)
                    found[keys[place]] = [answer.leaf, answer.raw_leaf, path, scores]
            pack.add(found)
        return [pack.known.get(key) or found.get(key) for key in keys]

    @property
    def _pack(self) -> Pack | None:
        intent = self._reads.intent
        return None if intent is None else self._memo.pack(digest("answers", intent))
