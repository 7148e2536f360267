"""What a change takes over from customers: nobody's name or number becomes a rule or a reply unseen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.feedback.detectors import personal_values
from fixloop.feedback.model import Feedback
from fixloop.feedback.personal import personal_rules, texts_in
from fixloop.feedback.spelling import canonical
from fixloop.gate.parts import changed_parts, parts_of
from fixloop.gate.texts import runs_of, words_of
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check
from fixloop.pipeline.rows import values_at
from fixloop.workspace.model import All, AnyOf, Branch, Condition, Example, Not, PlanTree, Template, Workspace
from fixloop.workspace.template_uses import uses_of
from fixloop.workspace.text import count

RUN = 8
"""So many words in a row, the same in a ticket and in a reply, were taken over and not found twice."""
_SHORTEST = 4
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Said:
    """A text that the change brings, and the part of the workspace that says it."""

    where: str
    text: str
    is_example: bool = False


def check(trial: Trial) -> Check:
    """Personal values in rules and replies, and numbers on record in examples, fail; quotes are told."""
    base, result = trial.base.workspace, trial.result.workspace
    said = list(_brought(base, result))
    if not said:
        return Check("copying", SKIP, "no text in templates, conditions or examples is new")
    exposed = tuple(_exposed(base, result))
    if exposed:
        detail = "templates show what belongs to several customers (`records`); one customer's is `record`"
        return Check("copying", FAIL, detail, exposed[:_SHOWN])
    personal = tuple(_personal(base, said, trial.stored))
    if personal:
        return Check("copying", FAIL, "somebody's name or number became part of a rule", personal[:_SHOWN])
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


# --- what is new ------------------------------------------------------------------------------------------


def _brought(base: Workspace, result: Workspace) -> Iterator[Said]:
    """Every text that a changed part says now and did not say before."""
    old, new = parts_of(base), parts_of(result)
    for name in sorted(changed_parts(base, result) & new.keys()):
        before = {one.text for one in _texts(name, old[name])} if name in old else set[str]()
        yield from (one for one in _texts(name, new[name]) if one.text not in before)


def _texts(name: str, part: Any) -> Iterator[Said]:
    if isinstance(part, Template):
        yield from (Said(name, text) for text in part.texts.values())
    elif isinstance(part, PlanTree):
        yield from (Said(name, text) for branch in part.branches for text in _texts_of_branch(branch))
    elif isinstance(part, tuple) and part and isinstance(part[0], Example):
        yield from (Said(name, example.text, is_example=True) for example in part)


def _texts_of_branch(branch: Branch) -> Iterator[str]:
    if branch.when is not None:
        yield from _literals(branch.when)
    for call in branch.tools:
        yield from texts_in(call.args)
    for nested in branch.branches:
        yield from _texts_of_branch(nested)


def _literals(condition: Condition) -> Iterator[str]:
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _literals(part)
    elif isinstance(condition, Not):
        yield from _literals(condition.part)
    else:
        yield from texts_in(condition.value)


# --- who it belongs to ------------------------------------------------------------------------------------


def _exposed(base: Workspace, result: Workspace) -> Iterator[str]:
    """Templates that now show personal columns of whatever records tie, other customers' among them."""
    edited = {name: one for name, one in result.templates.items() if one != base.templates.get(name)}
    columns = frozenset[str]().union(*personal_rules(base).columns.values()) if edited else frozenset[str]()
    for name, template in edited.items():
        for language, text in template.texts.items():
            known = base.templates.get(name)
            old = set(uses_of(known.texts[language]).paths) if known and language in known.texts else set()
            for path in sorted(set(uses_of(text).paths) - old):
                root, _, column = path.partition(".")
                if root == "records" and (not column or column.split(".")[0] in columns):
                    yield f"workspace/templates.yaml#{name} reads {path}"


def _personal(base: Workspace, said: Sequence[Said], stored: Sequence[Feedback]) -> Iterator[str]:
    """Texts that name somebody: in a rule or reply by name or number, in an example by a number on record."""
    words = {one: _numbers(_words(one.text)) if one.is_example else _words(one.text) for one in said}
    wanted = frozenset().union(*words.values())
    found = frozenset(_values_on_record(base, wanted)) | frozenset(_values_in_fixtures(base, stored, wanted))
    for one, own in words.items():
        hits = own & found
        if one.is_example and hits:
            hits &= frozenset(_values_on_record(base, hits))  # a fixture's numbers are surrogates already
        forms = () if one.is_example else tuple(personal_values(one.text))
        for hit in sorted({*hits, *(form for form in forms if form not in _house(base))}):
            yield f"{one.where}: {_masked(hit)}"


def _words(text: str) -> frozenset[str]:
    """The words and numbers of a text that could be somebody's, in canonical spelling."""
    pieces = (piece.strip(".,;:!?()[]\"'{}") for piece in text.split())
    return frozenset(canonical(piece) for piece in pieces if len(piece) >= _SHORTEST)


def _numbers(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(map(str.isdigit, word)))


def _values_on_record(base: Workspace, wanted: frozenset[str]) -> Iterator[str]:
    """Those of the wanted words that stand in a personal column of a record, and are no ordinary words."""
    if not wanted:  # most examples have no number in them, and the rules read all records
        return
    rules = personal_rules(base)
    open_words = wanted - rules.kept_words - rules.ordinary - rules.kept_values
    for source, columns in rules.columns.items():
        for row in base.records.get(source, ()) if open_words else ():
            yield from _parts(row, columns, open_words)


def _values_in_fixtures(base: Workspace, stored: Sequence[Feedback], wanted: frozenset[str]) -> Iterator[str]:
    """Those of the wanted words that stand in for somebody's in a stored ticket."""
    if not wanted:
        return
    rules = personal_rules(base)
    open_words = wanted - rules.kept_words - rules.ordinary - rules.kept_values
    for one in stored if open_words else ():
        for source, rows in one.proposal.get("rows", {}).items():
            for row in rows:
                yield from _parts(row, rules.columns.get(source, frozenset()), open_words)


def _parts(row: Mapping[str, Any], columns: frozenset[str], wanted: frozenset[str]) -> Iterator[str]:
    for column in columns:
        for text in texts_in([*values_at(row, [column]), row.get(column)]):
            yield from wanted.intersection(map(canonical, (text, *text.split())))


def _house(base: Workspace) -> frozenset[str]:
    """Numbers and addresses of the house itself, in the replies it gives already."""
    texts = (text for template in base.templates.values() for text in template.texts.values())
    return frozenset(value for text in texts for value in personal_values(text))


def _masked(value: str) -> str:
    return value[:2] + "…" if len(value) > 2 else "…"


# --- what is quoted ---------------------------------------------------------------------------------------


def _quotes(said: Sequence[Said], stored: Sequence[Feedback]) -> Iterator[str]:
    """Examples that are a stored ticket's text, and replies that share a run of words with one."""
    digests = {one.text_digest: one.id for one in stored if any(text.is_example for text in said)}
    runs: dict[tuple[str, ...], Said] = {}
    for one in said:
        if one.is_example:
            source = digests.get(_digest(one.text))
            if source:
                yield f"{one.where}: an example is the text of {source}"
        else:
            runs.update(dict.fromkeys(runs_of(words_of(one.text), RUN), one))
    for feedback in stored if runs else ():
        words = words_of(" ".join(texts_in(feedback.ticket)))
        shared = next((runs[run] for run in runs_of(words, RUN) if run in runs), None)
        if shared:
            yield f"{shared.where}: {RUN} words in a row are those of {feedback.id}"


def _digest(text: str) -> str:
    from fixloop.workspace.text import text_digest

    return text_digest(text)
