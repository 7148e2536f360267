"""The scripted reviewer of `loop_clinc150.py`: knows the true labels, speaks in words of their own.

All draws are by digest, so a run repeats. Sentences come from `loop_sentences/<half>.txt`; one half is for
tuning, the other for reporting, and no sentence is in both.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fixloop.hints.model import Hint
from fixloop.workspace.model import is_other
from fixloop.workspace.text import text_digest

PURE = 0.8
NAMES, WANTS, CRYPTIC = "names", "wants", "cryptic"
MANNERS = ((NAMES, 40), (WANTS, 40), (CRYPTIC, 20))
SENTENCES = Path(__file__).parent / "loop_sentences"


def draw(of: int, *parts: object) -> int:
    """A number below `of`, the same for the same parts on every machine."""
    return int(hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:12], 16) % of


@dataclass(frozen=True)
class Sentences:
    """Parts of sentences by manner and intent, and the frames they are put in."""

    parts: Mapping[str, Mapping[str, Sequence[str]]]
    frames: Mapping[str, Sequence[str]]

    def say(self, manner: str, intent: str, seed: str) -> str:
        """A sentence for an intent in one manner, drawn by the seed."""
        if manner == CRYPTIC:
            return self._pick(self.frames[CRYPTIC], CRYPTIC, seed)
        part = self._pick(self.parts[manner][intent], "part", seed)
        return self._pick(self.frames[manner], "frame", seed).replace("{}", part)

    @staticmethod
    def _pick(options: Sequence[str], what: str, seed: str) -> str:
        return options[draw(len(options), what, seed)]


def load_sentences(half: str) -> Sentences:
    parts: dict[str, dict[str, list[str]]] = {NAMES: {}, WANTS: {}}
    frames = {}
    for line in (SENTENCES / f"{half}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            head, *rest = (cell.strip() for cell in line.split(" | "))
            cells = [cell.split(" / ") for cell in rest]
            if head.startswith("*"):
                frames[head[1:]] = cells[0]
            else:
                parts[NAMES][head], parts[WANTS][head] = cells
    return Sentences(parts, frames)


@dataclass(frozen=True)
class Decision:
    """What the reviewer does with a hint: `approve`, `reject`, `answer` with a choice, or `leave`."""

    verb: str
    choice: int = 0
    why: str = "other"


@dataclass
class Reviewer:
    """Judges by true labels; `means` is which intent each leaf is for.

    `awaited` are the intents of new leaves that are approved and have not landed yet.
    """

    truth: Mapping[str, str]
    sentences: Sentences
    means: dict[str, str]
    tally: Counter[str] = field(default_factory=Counter)
    awaited: set[str] = field(default_factory=set)

    def accepts(self, leaf: str, intent: str) -> bool:
        """Whether a leaf is the right answer to a text of an intent."""
        return self.means.get(leaf) == intent

    def comment(self, ticket_id: str, intent: str) -> tuple[str, str]:
        """How the reviewer speaks of this rejection, and the words."""
        mark, manner = draw(100, "manner", ticket_id), CRYPTIC
        for name, share in MANNERS:
            if mark < share:
                manner = name
                break
            mark -= share
        return manner, self.sentences.say(manner, intent, ticket_id)

    def decide(self, hint: Hint) -> Decision:
        """Approve what is right, answer what can be answered, reject the rest; leave what changes nothing."""
        decision = self._decide(hint)
        self.tally[f"{decision.verb} {hint.kind}{' question' if hint.question else ''}"] += 1
        return decision

    def _decide(self, hint: Hint) -> Decision:
        if hint.question is not None:
            right = [
                n
                for n, one in enumerate(hint.question.choices, 1)
                if one.hint and self.fault(one.hint) is None
            ]
            return Decision("answer", right[0]) if right else Decision("reject")
        if not hint.operations:
            return Decision("leave")
        fault = self.fault(hint)
        if fault is None and hint.kind == "add_leaf":
            self.awaited.add(self.new_leaf(hint)[1])
        return Decision("reject", why=fault) if fault else Decision("approve")

    def fault(self, hint: Hint) -> str | None:
        """Why a hint is not to be approved; None for a right one.

        A threshold is judged by what the cases of its fix say should come out.
        """
        if hint.kind == "set_threshold":
            asked = [self._answers(str(case["text"]), str(case["expect"])) for case in hint.cases]
            return None if sum(asked) >= PURE * max(1, len(asked)) else "not_general"
        taught = self.taught(hint)
        if hint.kind not in {"add_leaf", "add_example"} or not taught:
            return "other"
        wanted = self.means
        if hint.kind == "add_leaf":
            leaf, intent = self.new_leaf(hint)
            if intent in self.means.values() or intent in self.awaited:
                return "duplicate"
            wanted = {**self.means, leaf: intent}
        right = sum(wanted.get(leaf) == intent for leaf, intent in taught)
        return None if right >= PURE * len(taught) else "not_general"

    def _answers(self, text: str, leaf: str) -> bool:
        """Whether a leaf, or none, is what a text of train means."""
        intent = self.truth.get(text_digest(text), "")
        return is_other(leaf) if intent == "other" else self.accepts(leaf, intent)

    def taught(self, hint: Hint) -> list[tuple[str, str]]:
        """(leaf, true intent) of each example a hint adds."""
        added = [o.args for o in hint.operations if o.op == "add_example"]
        return [(str(one["leaf"]), self.truth.get(text_digest(str(one["text"])), "")) for one in added]

    def new_leaf(self, hint: Hint) -> tuple[str, str]:
        """A new leaf's id, and the intent of most of its examples."""
        leaf = str(next(o.args["id"] for o in hint.operations if o.op == "add_leaf"))
        counts = Counter(intent for to, intent in self.taught(hint) if to == leaf)
        return leaf, min(counts, key=lambda one: (-counts[one], one))

    def landed(self, hint: Hint) -> None:
        """A merged new leaf stands for the intent of most of its examples."""
        if hint.kind == "add_leaf":
            leaf, intent = self.new_leaf(hint)
            self.means[leaf] = intent

    def approval(self, answers: Sequence[str], intents: Sequence[str]) -> tuple[int, int]:
        """How many answers are right in scope, and how many out-of-scope texts are held back."""
        inside = sum(self.accepts(a, i) for a, i in zip(answers, intents, strict=True) if i != "other")
        outside = sum(is_other(a) for a, i in zip(answers, intents, strict=True) if i == "other")
        return inside, outside
