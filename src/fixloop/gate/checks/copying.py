"""What a change takes over from customers: nobody's name or number becomes a rule or a reply unseen."""

from collections.abc import Iterator, Mapping, Sequence

from fixloop.feedback.model import Feedback
from fixloop.feedback.personal import texts_in
from fixloop.gate.copied import Named, Owners, Said, exposed_in, masked, named_in, texts_between
from fixloop.gate.texts import runs_of, words_of
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check
from fixloop.workspace.snapshot import Snapshot
from fixloop.workspace.text import count, text_digest

RUN = 8
"""So many words in a row, the same in a ticket and in a reply, were taken over and not found twice."""
_SHOWN = 10


def check(trial: Trial) -> Check:
    """Personal values in rules and replies, and numbers on record in examples, fail; quotes are told."""
    base, result = trial.base.workspace, trial.result.workspace
    exposed = tuple(exposed_in(base, result))
    if exposed:
        detail = "templates show what belongs to several customers (`records`); one customer's is `record`"
        return Check("copying", FAIL, detail, exposed[:_SHOWN])
    change = texts_between(base, result)
    said = change.brought
    if not said:
        return Check("copying", SKIP, "no text in templates, conditions or examples is new")
    named = tuple(named_in(base, change, Owners(base, trial.stored)))
    if named:
        return _refused(trial.result.snapshot, named)
    quotes = tuple(_quotes(said, trial.stored))
    if quotes:
        return Check(
            "copying",
            PASS,
            f"{count(len(quotes), 'text quotes', 'texts quote')} stored tickets, redacted",
            quotes[:_SHOWN],
        )
    return Check(
        "copying",
        PASS,
        "1 new text takes nothing over" if len(said) == 1 else f"{len(said)} new texts take nothing over",
    )


# --- what is refused --------------------------------------------------------------------------------------


def _refused(result: Snapshot, named: Sequence[Named]) -> Check:
    """Where somebody's values would stand, how many they are, and what to put there."""
    places = _places(result, named)
    others = len(dict.fromkeys(places)) - 1
    more = f" and {count(others, 'more place')}" if others else ""
    detail = (
        f"somebody's name or number would stand in {places[0]} ({masked(named[0].value)}){more}; "
        "put a made-up value or general words there"
    )
    told = (f"{place}: {masked(one.value)}" for place, one in zip(places, named, strict=True))
    return Check("copying", FAIL, detail, tuple(told)[:_SHOWN])


def _places(result: Snapshot, named: Sequence[Named]) -> list[str]:
    """`<path>:<line>` of an example in the file as it would be, `<path>#<name>` of a template or branch."""
    files = {one.said.where for one in named if one.said.is_example}
    lines = {path: _lines(path, result.read(path) or b"") for path in files}
    return [
        f"{one.where}:{lines[one.where][one.text]}" if one.is_example else one.where
        for one in (each.said for each in named)
    ]


def _lines(path: str, data: bytes) -> Mapping[str, int]:
    from fixloop.workspace.file_parts import examples_part  # loads pydantic: only for a refusal

    part = examples_part(path, data)
    return {one.text: line for one, line in zip(part.examples, part.lines, strict=True)}


# --- what is quoted ---------------------------------------------------------------------------------------


def _quotes(said: Sequence[Said], stored: Sequence[Feedback]) -> Iterator[str]:
    """Examples that are a stored ticket's text, and replies that share a run of words with one."""
    digests = {one.text_digest: one.id for one in stored if any(text.is_example for text in said)}
    runs: dict[tuple[str, ...], Said] = {}
    for one in said:
        if one.is_example:
            source = digests.get(text_digest(one.text))
            if source:
                yield f"{one.where}: an example is the text of {source}"
        else:
            runs.update(dict.fromkeys(runs_of(words_of(one.text), RUN), one))
    for feedback in stored if runs else ():
        words = words_of(" ".join(texts_in(feedback.ticket)))
        shared = next((runs[run] for run in runs_of(words, RUN) if run in runs), None)
        if shared:
            yield f"{shared.where}: {RUN} words in a row are those of {feedback.id}"
