"""A text is an example, a case, or held out, never two of these: what taught cannot test."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from fixloop.evals.case import CaseSet
from fixloop.evals.splits import LEARNED, Overlap, case_text, split_overlaps
from fixloop.gate.side import Side
from fixloop.gate.texts import digests_of_texts, loose_digest
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, Check
from fixloop.workspace.model import Example
from fixloop.workspace.text import count, text_digest

_TEXTS_STAND_IN = ("workspace/examples/", "evals/")


def check(trial: Trial) -> Check:
    """Overlaps that the result has and the base had not."""
    if not any(path.startswith(_TEXTS_STAND_IN) for path in trial.changes):
        return Check("split", PASS, "the change brings no text")
    new = tuple(_new_overlaps(trial))
    if new:
        return Check("split", FAIL, f"{count(len(new), 'text is', 'texts are')} in two splits", new[:10])
    alike = tuple(_alike(trial))
    if alike:
        return Check("split", FAIL, "texts that only look different are in two splits", alike[:10])
    held_out = _held_out(trial)
    if held_out:
        detail = f"{held_out} of the texts that it brings belong to the held-out set; which, is not told"
        return Check("split", FAIL, detail)
    return Check("split", PASS, "no text is both example and case")


def _new_overlaps(trial: Trial) -> Iterator[str]:
    """Errors of the result that the base has not.

    Where both have the very same cases, only an example that came or went can make one.
    """
    if trial.result.cases is trial.base.cases:
        moved = [*_new_examples(trial.base, trial.result), *_new_examples(trial.result, trial.base)]
        if not _is_asked(trial, [text for _, text in moved], text_digest):
            return
    old = {_key(overlap) for overlap in split_overlaps(trial.base.workspace, trial.base.cases)}
    for one in split_overlaps(trial.result.workspace, trial.result.cases):
        if one.severity == "error" and _key(one) not in old:
            yield f"{one.problem.place}: {one.problem.message}"


def _is_asked(trial: Trial, texts: Iterable[str], digest: Callable[[str], str]) -> bool:
    """Whether a case asks any of these texts, as far as their digests tell."""
    asked = digests_of_texts(trial.result.cases, digest, trial.result.cache)
    return not asked.isdisjoint(map(digest, texts))


def _key(overlap: Overlap) -> tuple[str, str, str]:
    """What names an overlap: two cases may overlap with one leaf."""
    return overlap.kind, overlap.case.id, overlap.other


def _alike(trial: Trial) -> Iterator[str]:
    """Examples and cases that the change brings and that a reader would take for one of the other kind.

    Only what is new is looked at closely, so a change that brings no text costs nothing.
    """
    new_examples, new_cases = _new_examples(trial.base, trial.result), _texts(trial.new_cases)
    if _is_asked(trial, [text for _, text in new_examples], loose_digest):
        asked = {loose_digest(text): name for name, text in _texts(trial.result.cases).items()}
        for leaf, text in new_examples:
            if loose_digest(text) in asked:
                yield f"an example of {leaf} reads like case {asked[loose_digest(text)]}"
    if new_cases:
        taught = {loose_digest(text): leaf for leaf, text in _examples(trial.base)}
        for name, text in new_cases.items():
            if loose_digest(text) in taught:
                yield f"case {name} reads like an example of {taught[loose_digest(text)]}"


def _held_out(trial: Trial) -> int:
    """How many of the texts that the change brings are held out."""
    if trial.held_out is None:
        return 0
    from fixloop.gate.held_out import HeldOutSet  # a run that asks none needs none of it

    texts = {text for _, text in _new_examples(trial.base, trial.result)} | set(
        _texts(trial.new_cases).values()
    )
    return HeldOutSet(trial.held_out).holds(texts) if texts else 0


def _new_examples(before: Side, after: Side) -> list[tuple[str, str]]:
    """Leaf and text of the examples that one side has and the other had not."""
    known = before.workspace.examples
    changed = {leaf: found for leaf, found in after.workspace.examples.items() if found != known.get(leaf)}
    old = frozenset(_pairs({leaf: known.get(leaf, ()) for leaf in changed}))
    return [one for one in _pairs(changed) if one not in old]


def _examples(side: Side) -> list[tuple[str, str]]:
    return _pairs(side.workspace.examples)


def _pairs(examples: Mapping[str, Sequence[Example]]) -> list[tuple[str, str]]:
    return [(str(leaf), one.text) for leaf, found in examples.items() for one in found]


def _texts(cases: CaseSet) -> dict[str, str]:
    """Case id to text, of the cases whose answer is learned from examples."""
    found = ((case.id, case_text(case)) for case in cases if case.suite in LEARNED)
    return {name: text for name, text in found if text}
