"""From a group of rejections to a fix that stands: a draft of its family, tried, with all that it mends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fixloop.errors import FixloopError
from fixloop.feedback.replays import replay_all
from fixloop.hints.model import Choice, Hint
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.dryrun import Dropped, dry_run, untried
from fixloop.propose.bench.wanted import Wanted, satisfied_share, tool_names
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.diagnosis.thresholds import HELD_BACK
from fixloop.propose.offer.ask import speaks_for
from fixloop.propose.offer.described import describe
from fixloop.propose.offer.question import others_of
from fixloop.propose.offer.thin import as_question
from fixloop.propose.synthesis import synthesiser
from fixloop.propose.synthesis.new_leaf import draft_named, renamed, rival_names

LIKELY_PART = 0.1
"""The part of a plan's probability from which an answer is a likely one for a rejection."""


@dataclass(frozen=True, slots=True)
class Ablation:
    """Parts left out, to measure what each is worth."""

    no_replay: bool = False
    no_verification: bool = False
    no_near_miss: bool = False
    no_priors: bool = False


WHOLE = Ablation()


@dataclass(frozen=True, slots=True)
class Desk:
    """What trying a group takes: base, what is left out, what nobody explained yet, and how many are read.

    `wordless` are those that nobody explained and that say nothing of it, `asked` all that stand in sets.
    """

    bench: Workbench
    ablation: Ablation
    unclear: tuple[Diagnosis, ...]
    read: int
    wordless: tuple[Diagnosis, ...] = ()
    asked: tuple[Diagnosis, ...] = ()


def try_group(desk: Desk, group: Group) -> Hint | Dropped:
    """The fix for a group as a hint with its measured effect, or why there is none."""
    kind = reading_of(group).intervention.kind
    if kind == "add_leaf":
        return _try_new_leaf(desk, group)
    drafted = _drafted(desk, group)
    if isinstance(drafted, Draft) and drafted.step != "intent":
        drafted = with_mended(desk.bench, drafted, group, desk.unclear)
    return try_draft(desk, group, drafted)


def _drafted(desk: Desk, group: Group) -> Draft | Unable:
    """The draft of the family, else of the first of the ways there is a synthesiser for.

    A threshold that holds several leaves back has no other way: what each of them lacks is another change.
    """
    reading = reading_of(group).intervention
    ways = () if reading.kind == HELD_BACK and reading.step == "intent" else reading.options
    kinds = dict.fromkeys([reading.kind, *(way.kind for way in ways)])
    makers = [make for make in map(synthesiser, kinds) if make is not None]
    if not makers:
        return Unable(f"nothing writes {reading.kind} yet")
    failed: Unable | None = None
    for make in makers:
        found = make(desk.bench, group)
        if isinstance(found, Draft):
            return found
        failed = failed or found
    assert failed is not None
    return failed


def with_mended(bench: Workbench, draft: Draft, group: Group, unclear: Sequence[Diagnosis]) -> Draft:
    """The draft with those unclear rejections of the same branch as evidence that it mends as well.

    One fault is likelier than two: where a fix that others asked for also changes this proposal, in the way
    staff said as far as they said anything, it is what they meant. So do those of the group who say of the
    text that it is wrong, and not what it should say.
    """
    places = {(member.before.leaf, member.before.branch) for member in group.members}
    own = {member.feedback.id for member in group.members}
    near = [one for one in unclear if (one.before.leaf, one.before.branch) in places]
    near = [one for one in near if one.feedback.id not in own]
    if draft.step == "template":
        written = {one.id for one in draft.evidence}
        left = [one for one in group.members if one.feedback.id not in written]
        near += [one for one in left if one.wordless or speaks_for(one, reading_of(group).intervention.place)]
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


def with_wordless(bench: Workbench, hint: Hint, wordless: Sequence[Diagnosis]) -> Hint:
    """A fix with those rejections without a word whose proposal it changes, too, wherever they are.

    One fault is likelier than two: who says nothing means what mends the others, if it does anything for him.
    """
    others = [one for one in wordless if one.feedback.id not in hint.evidence]
    if not others or not hint.operations or hint.question is not None:
        return hint
    mended = [one.feedback.id for one, _ in _also_mended(bench, hint, others)]
    if not mended:
        return hint
    known, more = hint.measured, len(mended)
    counted = known and replace(known, fixed=known.fixed + more, evidence_of=known.evidence_of + more)
    evidence = tuple(sorted({*hint.evidence, *mended}))
    return replace(hint, evidence=evidence, measured=counted, one_off=False)


def mended_beside(desk: Desk, members: Sequence[Diagnosis], hint: Hint) -> int:
    """How many texts beside a set, of the leaf whose plan a fix changes, get by it what may be meant."""
    if hint.step != "plan" or not hint.operations:
        return 0
    known = {one.feedback.text_digest for one in members}
    leaves = {one.before.leaf for one in members}
    place = ("plan", hint.target.partition("#")[0])
    near = [one for one in desk.asked if one.before.leaf in leaves and one.may_mean(place)]
    others = [one for one in near if one.feedback.text_digest not in known]
    mended = _also_mended(desk.bench, hint, others)
    return len({one.feedback.text_digest for one, after in mended if _is_wished(one, after, place)})


def _also_mended(
    bench: Workbench, hint: Hint, others: Sequence[Diagnosis]
) -> list[tuple[Diagnosis, Proposal]]:
    """Those whose proposal a fix changes in a way they may have meant, with what they get."""
    if not others:
        return []
    after = replay_all(bench.try_operations(hint.operations).pipeline, [one.feedback for one in others])
    then = [(one, after[one.feedback.id]) for one in others]
    return [(one, proposal) for one, proposal in then if _is_meant(one, proposal)]


def _is_wished(one: Diagnosis, after: Proposal, place: tuple[str, str]) -> bool:
    """Whether an answer is one of the likely ones of its place."""
    here = [reading for reading in one.readings if reading.intervention.place == place]
    wanted = [r for r in here if (r.intervention.wanted.reply, r.intervention.wanted.tools) == _deed(after)]
    return sum(r.probability for r in wanted) >= LIKELY_PART * sum(r.probability for r in here)


def _deed(proposal: Proposal) -> tuple[str, tuple[str, ...]]:
    return proposal.reply.template, tool_names(proposal)


def _is_meant(one: Diagnosis, after: Proposal) -> bool:
    """Whether a proposal moves; to a leaf that it may have meant, where it moves to another."""
    if one.disputed or not _is_mended(one, after):
        return False
    likely = {reading.intervention.wanted.leaf for reading in one.readings}
    return after.leaf == one.before.leaf or after.leaf in likely


def _is_mended(one: Diagnosis, after: Proposal) -> bool:
    moved = after.outcome != one.before.outcome
    return moved and satisfied_share(one.feedback.expected or {}, after) == 1.0 and not one.feedback.reply


def _as_answered(after: Proposal) -> Wanted:
    return Wanted(leaf=after.leaf, reply=after.reply.template, tools=tool_names(after))


def reading_of(group: Group) -> Reading:
    """What a group asks for: its change, else the best reading at its place."""
    readings = [r for member in group.members for r in member.readings]
    same = [r for r in readings if r.key == group.key]
    return (same or [r for r in readings if r.intervention.place == group.key])[0]


def try_draft(desk: Desk, group: Group, draft: Draft | Unable) -> Hint | Dropped:
    """A draft for a group, as a hint with its measured effect, or why it is none."""
    if isinstance(draft, Unable):
        summary = describe(reading_of(group).intervention)
        return Dropped(summary, draft.reason, tuple(one.id for one in group.evidence))
    if desk.ablation.no_near_miss:
        draft = replace(
            draft, near_misses=(), instead=tuple(replace(d, near_misses=()) for d in draft.instead)
        )
    result = untried(desk.bench, draft) if desk.ablation.no_verification else dry_run(desk.bench, draft)
    return result if isinstance(result, Dropped) else replace(result, alternatives=others_of(group))


def _try_new_leaf(desk: Desk, group: Group) -> Hint | Dropped:
    """A new leaf; where staff use two names for it, the name is a question with both."""
    bench = desk.bench
    names = rival_names(bench, group.members)
    if len(names) < 2:
        make = synthesiser("add_leaf")
        assert make is not None
        return try_draft(desk, group, make(bench, group))
    first = try_draft(desk, group, draft_named(bench, group, names[0]))
    if not isinstance(first, Hint):
        return first
    choices = [Choice(names[0], first), *(Choice(name, renamed(first, names[0], name)) for name in names[1:])]
    return as_question(choices, f"What should the new leaf be called: {' or '.join(names)}?")


def fix_of(desk: Desk, part: Group) -> Hint | Dropped | None:
    """The fix a reading leads to, where it leads to one that stands the dry run; of two names the better."""
    result = try_group(desk, part)
    if isinstance(result, Hint) and result.question is not None:
        return result.question.choices[0].hint
    return result
