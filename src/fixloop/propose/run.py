"""One propose run: diagnose new rejections, synthesise, dry-run, ask where unclear, rank."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from fixloop.errors import FixloopError
from fixloop.feedback.model import Feedback
from fixloop.feedback.replays import replay_all
from fixloop.hints.model import Alternative, Choice, Hint, Question, fingerprint
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.diagnose import Diagnosis, Reading, diagnose
from fixloop.propose.draft import Draft, Group, Unable
from fixloop.propose.dryrun import Dropped, dry_run
from fixloop.propose.group import clear_groups, lone_wishes, nothing_to_fix, unclear_groups
from fixloop.propose.interventions import Intervention
from fixloop.propose.leaf_evidence import learn_comments
from fixloop.propose.synthesis import synthesiser
from fixloop.propose.synthesis.new_leaf import draft_named, renamed, rival_names
from fixloop.propose.wanted import Wanted, satisfied_share, tool_names
from fixloop.propose.workbench import Workbench

PROPOSER = "replay 2"
"""Changes whenever the same rejections could lead to other hints."""

MOST_QUESTIONS = 20
"""A person answers a few questions a day; the rest wait for more evidence and are counted in `ended`."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a run found: hints, best first; drafts that fell; how many rejections wait, and why it ended."""

    hints: tuple[Hint, ...]
    dropped: tuple[Dropped, ...]
    waiting: int
    ended: str


Progress = Callable[[str], None]


def propose(
    bench: Workbench,
    feedback: Sequence[Feedback],
    handled: Collection[str],
    rejected: Mapping[str, int],
    progress: Progress = lambda _: None,
) -> Proposed:
    """Hints for the rejections no open or decided hint rests on yet.

    `handled` are feedback ids that need no new hint; `rejected` maps the fingerprint of a rejected fix to its
    support then: it stays rejected until its support has doubled.
    """
    wished = [one for one in feedback if one.outcome != "accepted" and one.id not in handled]
    fresh = [one for one in wished if one.replay == "exact"]
    lost = [_unreplayable(bench, one) for one in wished if one.replay != "exact"]
    if not wished:
        return Proposed((), (), 0, "nothing new: every rejection has a hint or a decision")
    progress(f"diagnosing {len(fresh)} rejections")
    learnt = learn_comments(bench.workspace, feedback, bench.asked_leaves)
    diagnoses = diagnose(bench, fresh, _disputed(feedback), learnt)
    made = _clear_hints(bench, diagnoses, progress)
    asked = _questions(bench, diagnoses, made, progress)
    idle = [_nothing(one) for one in nothing_to_fix(diagnoses)]
    idle += [_lone(one) for one in lone_wishes(diagnoses, clear_groups(diagnoses))]
    hints = rank(_allowed([*made.hints, *asked, *idle, *lost], rejected))
    used = {key for hint in hints for key in hint.evidence}
    waiting = len([one for one in fresh if one.id not in used])
    return Proposed(tuple(hints), tuple(made.dropped), waiting, _ended(fresh, hints, made.dropped, waiting))


@dataclass(frozen=True, slots=True)
class _Made:
    hints: list[Hint]
    dropped: list[Dropped]


def _disputed(feedback: Sequence[Feedback]) -> frozenset[str]:
    """Texts whose proposal one reviewer accepted and another rejected."""
    accepted = {one.text_digest for one in feedback if one.outcome == "accepted"}
    return frozenset(accepted & {one.text_digest for one in feedback if one.outcome != "accepted"})


def _clear_hints(bench: Workbench, diagnoses: Sequence[Diagnosis], progress: Progress) -> _Made:
    made = _Made([], [])
    groups = clear_groups(diagnoses)
    unclear = [one for one in diagnoses if not one.clear]
    for number, group in enumerate(groups, 1):
        progress(f"trying fix {number} of {len(groups)}")
        result = _try_group(bench, group, unclear)
        if isinstance(result, Hint):
            made.hints.append(result)
        else:
            made.dropped.append(result)
    return made


def _try_group(bench: Workbench, group: Group, unclear: Sequence[Diagnosis]) -> Hint | Dropped:
    kind = _reading(group).intervention.kind
    if kind == "add_leaf":
        return _try_new_leaf(bench, group)
    make = synthesiser(kind)
    assert make is not None, kind
    draft = make(bench, group)
    if isinstance(draft, Draft) and draft.step != "intent":
        draft = with_mended(bench, draft, group, unclear)
    return _try_draft(bench, group, draft)


def with_mended(bench: Workbench, draft: Draft, group: Group, unclear: Sequence[Diagnosis]) -> Draft:
    """The draft with those unclear rejections of the same branch as evidence that it mends as well.

    One fault is likelier than two: where a fix that others asked for also changes this proposal, in the way
    staff said as far as they said anything, it is what they meant.
    """
    places = {(member.before.leaf, member.before.branch) for member in group.members}
    near = [one for one in unclear if (one.before.leaf, one.before.branch) in places]
    if not near:
        return draft
    try:
        trial = bench.try_operations(draft.operations)
    except FixloopError:
        return draft
    after = replay_all(trial.pipeline, [one.feedback for one in near])
    mended = [one for one in near if _is_mended(one, after[one.feedback.id])]
    wanted = {one.feedback.id: _as_answered(after[one.feedback.id]) for one in mended}
    return replace(
        draft,
        evidence=(*draft.evidence, *(one.feedback for one in mended)),
        wanted={**draft.wanted, **wanted},
        one_off=draft.one_off and not mended,
    )


def _is_mended(one: Diagnosis, after: Proposal) -> bool:
    moved = after.outcome != one.before.outcome
    return moved and satisfied_share(one.feedback.expected or {}, after) == 1.0 and not one.feedback.reply


def _as_answered(after: Proposal) -> Wanted:
    return Wanted(leaf=after.leaf, reply=after.reply.template, tools=tool_names(after))


def _reading(group: Group) -> Reading:
    return next(r for member in group.members for r in member.readings if r.key == group.key)


def _try_draft(bench: Workbench, group: Group, draft: Draft | Unable) -> Hint | Dropped:
    if isinstance(draft, Unable):
        summary = describe(_reading(group).intervention)
        return Dropped(summary, draft.reason, tuple(one.id for one in group.evidence))
    result = dry_run(bench, draft)
    return result if isinstance(result, Dropped) else replace(result, alternatives=alternatives_of(group))


def _try_new_leaf(bench: Workbench, group: Group) -> Hint | Dropped:
    """A new leaf; where staff use two names for it, the name is a question with both."""
    names = rival_names(bench, group.members)
    if len(names) < 2:
        make = synthesiser("add_leaf")
        assert make is not None
        return _try_draft(bench, group, make(bench, group))
    first = _try_draft(bench, group, draft_named(bench, group, names[0]))
    if not isinstance(first, Hint):
        return first
    choices = [Choice(names[0], first), *(Choice(name, renamed(first, names[0], name)) for name in names[1:])]
    return _as_question(choices, f"What should the new leaf be called: {' or '.join(names)}?")


def _as_question(choices: Sequence[Choice], text: str) -> Hint:
    """A hint that cannot be approved before somebody has chosen; it shows its first choice's effect."""
    first = next(choice.hint for choice in choices if choice.hint is not None)
    return replace(first, operations=(), cases=(), near_misses=(), question=Question(text, tuple(choices)))


def alternatives_of(group: Group) -> tuple[Alternative, ...]:
    """The readings that explained the group's first rejections less well."""
    totals: dict[str, tuple[float, Intervention]] = {}
    for member in group.members:
        for reading in member.readings:
            if reading.key != group.key:
                summary = describe(reading.intervention)
                totals[summary] = (totals.get(summary, (0.0,))[0] + reading.probability, reading.intervention)
    best = sorted(totals.items(), key=lambda item: (-item[1][0], item[0]))[:3]
    return tuple(
        Alternative(one.step, summary, round(mass / len(group.members), 4)) for summary, (mass, one) in best
    )


def describe(intervention: Intervention) -> str:
    """A reading in words."""
    wanted = intervention.wanted
    if intervention.kind == "add_example":
        return f"the ticket means {wanted.leaf}"
    if intervention.kind == "add_leaf":
        return "the ticket means something no leaf answers yet"
    if intervention.step == "fetch":
        return "another record should be selected"
    if intervention.step == "plan":
        tools = f" with {', '.join(wanted.tools)}" if wanted.tools else ""
        return f"{wanted.leaf} should answer {wanted.reply}{tools} here"
    if intervention.step == "template":
        return f"the text of {intervention.target.split('#')[-1]} should change"
    return "nothing is wrong with the proposal"


def _questions(
    bench: Workbench, diagnoses: Sequence[Diagnosis], made: _Made, progress: Progress
) -> list[Hint]:
    """Where the two best readings are too close to call: both, tried, for a person to choose."""
    covered = {key for hint in made.hints for key in hint.evidence}
    groups = [
        group for group in unclear_groups(diagnoses) if not covered & {one.id for one in group.evidence}
    ]
    asked: list[Hint] = []
    for number, group in enumerate(groups[:MOST_QUESTIONS], 1):
        progress(f"preparing question {number} of {min(len(groups), MOST_QUESTIONS)}")
        asked += _question(bench, group)
    return asked


def _question(bench: Workbench, group: Group) -> list[Hint]:
    """Both readings as choices where one of them leads to a fix; else the rejections, unexplained."""
    readings = group.members[0].readings[:2]
    choices = [_choice(bench, group, reading) for reading in readings]
    if not any(choice.hint for choice in choices):
        return [_unexplained(one) for one in group.members]
    if all(reading.intervention.step != "none" for reading in readings):
        choices.append(Choice("nothing is wrong with the proposal"))
    what = group.members[0]
    place = f"{what.before.leaf}/{what.before.branch or 'fallback'}"
    first = next(choice.hint for choice in choices if choice.hint)
    asked = Hint(
        step=first.step,
        kind=first.kind,
        target=first.target,
        summary=f"Unclear: {describe(readings[0].intervention)}, or {describe(readings[1].intervention)}?",
        evidence=tuple(sorted(one.id for one in group.evidence)),
        confidence=group.confidence,
        fingerprint=fingerprint("none", place, "question", sorted(choice.label for choice in choices)),
        one_off=len(group.members) == 1,
        alternatives=alternatives_of(group),
        question=Question(f"{place} was rejected: what should have happened?", tuple(choices)),
    )
    return [asked]


def _choice(bench: Workbench, group: Group, reading: Reading) -> Choice:
    """A reading with the hint it leads to, where it leads to one that stands the dry run."""
    label = describe(reading.intervention)
    make = synthesiser(reading.intervention.kind)
    if make is None:
        return Choice(label)
    members = tuple(m for m in group.members if any(r.key == reading.key for r in m.readings))
    part = Group(reading.key, members)
    result = _try_draft(bench, part, make(bench, part))
    return Choice(label, result if isinstance(result, Hint) else None)


def _nothing(one: Diagnosis) -> Hint:
    """Nothing explains it better than "nothing is wrong": shown, with the next best readings."""
    said = _short(one.feedback.comment)
    return _idle(one, f"Nothing explains “{said}” better than that the proposal was right")


def _unreplayable(bench: Workbench, one: Feedback) -> Hint:
    """A rejection whose redacted ticket gets another proposal: it can be read, and never becomes a case."""
    before = bench.before[one.id]
    place = f"{before.leaf}/{before.branch or 'fallback'}"
    return Hint(
        step="none",
        kind="none",
        target=place,
        summary=f"“{_short(one.comment)}” is about a proposal that cannot be replayed without its names",
        evidence=(one.id,),
        fingerprint=fingerprint("none", place, "lossy", one.text_digest),
        one_off=True,
    )


def _lone(one: Diagnosis) -> Hint:
    """A wish for something new that nobody shares yet."""
    return _idle(one, f"“{_short(one.feedback.comment)}” asks for something no leaf answers; alone so far")


def _unexplained(one: Diagnosis) -> Hint:
    """Readings too close to call, none with a fix that stands: for a person to read."""
    if not one.says_anything:
        said = _short(one.feedback.comment)
        return _idle(one, f"“{said}” does not say what was wrong" if said else "Rejected without a word")
    readings = " or ".join(describe(reading.intervention) for reading in one.readings[:2])
    return _idle(
        one, f"“{_short(one.feedback.comment)}” could mean that {readings}; neither gives a fix that stands"
    )


def _idle(one: Diagnosis, summary: str) -> Hint:
    place = f"{one.before.leaf}/{one.before.branch or 'fallback'}"
    return Hint(
        step="none",
        kind="none",
        target=place,
        summary=summary,
        evidence=(one.feedback.id,),
        confidence=one.best.probability,
        fingerprint=fingerprint("none", place, "none", one.feedback.text_digest),
        one_off=True,
        alternatives=alternatives_of(Group(("none",), (one,))),
    )


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:59] + "…"


def _allowed(hints: Sequence[Hint], rejected: Mapping[str, int]) -> list[Hint]:
    """Without ideas that were rejected and whose support has not doubled since."""
    return [hint for hint in hints if hint.support >= 2 * rejected.get(hint.fingerprint, 0)]


def rank(hints: Sequence[Hint]) -> list[Hint]:
    """Best first: fixes before questions before "nothing to fix", then support times confidence."""

    def place(hint: Hint) -> tuple[int, float, str]:
        kind = 2 if hint.step == "none" else 1 if hint.question else 0
        return (kind, -hint.support * hint.confidence, hint.id)

    return sorted({hint.id: hint for hint in hints}.values(), key=place)


def _ended(fresh: Sequence[Feedback], hints: Sequence[Hint], dropped: Sequence[Dropped], waiting: int) -> str:
    fixes = sum(1 for hint in hints if hint.step != "none" and not hint.question)
    questions = sum(1 for hint in hints if hint.question)
    idle = len(hints) - fixes - questions
    parts = [_count(fixes, "fix", "fixes"), _count(questions, "question"), f"{idle} shown without a fix"]
    end = f"; {_count(len(dropped), 'draft')} fell in the dry run" if dropped else ""
    rest = f"; {_count(waiting, 'rejection')} wait for more evidence" if waiting else ""
    return f"{_count(len(fresh), 'rejection')} read: {', '.join(parts)}{end}{rest}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
