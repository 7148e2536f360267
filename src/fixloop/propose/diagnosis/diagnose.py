"""Diagnosis by counterfactual replay: which single-step change explains a rejection best, and how surely.

For one rejection every intervention is forced, the steps below it are replayed on the fixture, and the result
is scored by how well it explains the feedback (`evidence`). Scores with their priors become a posterior over
readings; a small margin between the best two makes the diagnosis unclear, and then a person is asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.evidence.company import Voices
from fixloop.propose.evidence.features import Evidence
from fixloop.propose.evidence.filled import Filled
from fixloop.propose.evidence.habits import Habits
from fixloop.propose.evidence.heard import Heard, hear, notes_of
from fixloop.propose.evidence.kin import kin_of
from fixloop.propose.evidence.known import information_of
from fixloop.propose.evidence.leaf_evidence import Learnt, hear_leaves
from fixloop.propose.evidence.left_behind import LeftBehind
from fixloop.propose.evidence.score import STRANGE, Features, score, spoken_for
from fixloop.propose.evidence.standing import build_standing
from fixloop.propose.evidence.strange import Strange, examples_said
from fixloop.propose.evidence.texts import Texts
from fixloop.propose.evidence.told import explained_by_reply
from fixloop.propose.evidence.tries import Tries
from fixloop.propose.evidence.variables import wrong_variables
from fixloop.propose.evidence.weights import PRIORS, TEMPERATURE, WEIGHTS
from fixloop.propose.readings.catalog import Catalog
from fixloop.propose.readings.forced import interventions, present_action, replay_all
from fixloop.propose.readings.interventions import Intervention, Outcome
from fixloop.propose.readings.pairs import parts_of_pairs
from fixloop.propose.readings.unread import Unread
from fixloop.propose.words.lexicon import build_lexicon, with_likeness
from fixloop.propose.words.words import read_comment, stems
from fixloop.workspace.improver import Improver

CLEAR_MARGIN = 0.25
"""How much more probable than the second the best reading must be to count as clear."""

CLEAR_WITHIN = 0.4
"""How much of its place's probability the best reading must have: the place alone is no fix."""

KEPT_READINGS = 24

UNLIKELY = 0.02
"""The probability of a place below which it does not help to explain a rejection."""

TELLS, DOUBTED = 0.3, 3.0
"""The nats by which words speak for what is believed from which they say anything: grumbling stays below.
And how much flatter what is believed is where it is doubted."""

FAR = 12.0
"""Nats behind the best reading from which one is not believed, doubt or not."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One explanation of a rejection with its posterior probability, 0…1.

    `spoken` is how many nats the words of the rejection itself speak for it.
    """

    intervention: Intervention
    probability: float
    spoken: float = 0.0

    @property
    def key(self) -> tuple[Any, ...]:
        """Rejections with one key ask for the same change."""
        return self.intervention.key


@dataclass(frozen=True, slots=True)
class Company:
    """All rejections of a run, and which row of them this one is."""

    voices: Voices
    row: int


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A rejection with its best readings, most probable first.

    `disputed`: other staff accepted what this one rejects. `silent`: neither comment nor anything else says
    what was wrong; only its company can. `wordless`: there may be words, and none that bears on any reading.
    `needed` is the margin from which it is clear.
    """

    feedback: Feedback
    before: Proposal
    readings: tuple[Reading, ...]
    says_anything: bool
    silent: bool = False
    company: Company | None = None
    needed: float = CLEAR_MARGIN
    disputed: bool = False
    wordless: bool = False

    @property
    def best(self) -> Reading:
        """The most probable reading."""
        return self.readings[0]

    @property
    def moved_since(self) -> bool:
        """Whether the ticket no longer gets the leaf that was rejected: it may be mended already."""
        rejected = self.feedback.proposal.get("leaf")
        return rejected is not None and rejected != self.before.leaf

    @property
    def margin(self) -> float:
        """Probability of the best reading's place minus that of the next place."""
        mass: dict[tuple[str, str], float] = {}
        for reading in self.readings:
            place = reading.intervention.place
            mass[place] = mass.get(place, 0.0) + reading.probability
        first = mass[self.best.intervention.place]
        return first - max((m for p, m in mass.items() if p != self.best.intervention.place), default=0.0)

    def may_mean(self, place: tuple[str, str]) -> bool:
        """Whether a place is not out of the question."""
        here = (reading for reading in self.readings if reading.intervention.place == place)
        return sum(reading.probability for reading in here) > UNLIKELY

    @property
    def within(self) -> float:
        """The best reading's part of the probability of its place: how sure it is what is wanted there."""
        place = self.best.intervention.place
        mass = sum(r.probability for r in self.readings if r.intervention.place == place)
        return self.best.probability / mass if mass else 0.0

    @property
    def clear(self) -> bool:
        """Whether the best reading stands far enough from the others to act on; never against a colleague."""
        if self.disputed and self.best.intervention.step != "none":
            return False
        return self.margin >= self.needed and self.within >= CLEAR_WITHIN


@dataclass(frozen=True, slots=True)
class Judgement:
    """The evidence model's constants: what features are worth, how likely each step is, and the margin."""

    weights: Mapping[str, float]
    priors: Mapping[str, float]
    margin: float = CLEAR_MARGIN
    temperature: float = TEMPERATURE
    replays: bool = True
    kinds: Mapping[str, float] = field(default_factory=dict)

    def without(self, replays: bool = False, priors: bool = False) -> "Judgement":
        """The same with a part left out: what replays show, or what is known before anything is said."""
        found = replace(self, replays=False) if replays else self
        if not priors:
            return found
        flat = {step: 1 / len(found.priors) for step in found.priors}
        before = ("share", "trouble", "fits", "lonely", "unseen", "at_home", "company", "kin")
        weights = {n: w for n, w in found.weights.items() if n.partition(".")[0] not in before}
        return replace(found, priors=flat, weights=weights)


JUDGEMENT = Judgement(WEIGHTS, PRIORS)


def judgement_of(improver: Improver) -> Judgement:
    """The built-in judgement with what a workspace's improver.yaml says."""
    margin = CLEAR_MARGIN if improver.margin is None else improver.margin
    return replace(JUDGEMENT, priors={**PRIORS, **improver.priors}, kinds=improver.kinds, margin=margin)


def mass_of(step: str, members: Sequence[Diagnosis]) -> float:
    """How probable it is, in the mean of some rejections by themselves, that a step is wrong."""
    found = [r.probability for one in members for r in one.readings if r.intervention.step == step]
    return sum(found) / len(members)


def diagnose(
    bench: Workbench,
    rejections: Sequence[Feedback],
    disputed: frozenset[str] = frozenset(),
    learnt: Learnt | None = None,
    judgement: Judgement = JUDGEMENT,
    feedback: Sequence[Feedback] = (),
) -> list[Diagnosis]:
    """The readings of every rejection, alone first, then in the light of the others.

    `disputed` holds the text digests that other staff accepted; `learnt` comments that led to a leaf before;
    `feedback` is all there is, accepted tickets too.
    """
    from fixloop.propose.diagnosis.causes import share_causes

    asking = Asking.of(bench, rejections, disputed, learnt or {}, judgement, feedback or bench.stored)
    return share_causes(bench, [asking.diagnosis(n) for n in range(len(rejections))])


@dataclass(frozen=True, slots=True)
class Weighed:
    """One intervention with what it led to, its features and its log-odds."""

    outcome: Outcome
    features: Features
    score: float


@dataclass(frozen=True, slots=True)
class Asking:
    """A run's rejections with all that is asked of each, worked out once."""

    bench: Workbench
    rejections: Sequence[Feedback]
    evidence: Evidence
    unread: Unread
    disputed: frozenset[str]
    judgement: Judgement

    @classmethod
    def of(
        cls,
        bench: Workbench,
        rejections: Sequence[Feedback],
        disputed: frozenset[str],
        learnt: Learnt,
        judgement: Judgement,
        feedback: Sequence[Feedback],
    ) -> "Asking":
        """Lexicon, likenesses and standings for a run."""
        workspace, catalog = bench.workspace, Catalog.of(bench.workspace)
        comments = [" ".join([one.comment, *notes_of(one)]) for one in rejections]
        tickets = [one.fixture.ticket.customer_text for one in rejections]
        lexicon = build_lexicon(workspace, learnt, comments)
        lexicon = with_likeness(lexicon, workspace, comments, learnt, tickets)
        leaves = hear_leaves(workspace, bench.pipeline, rejections, learnt, bench.accepted, bench.embedder)
        standing = build_standing(
            feedback, bench.before, rejections, workspace.templates, workspace.config.language
        )
        told, kin = information_of(catalog), kin_of(bench)
        texts = Texts.of(workspace, catalog.own)
        bench.kept["astray"] = texts.all_strayed(lexicon.at_home)
        tries = Tries.of(bench, rejections) if judgement.replays else Tries()
        habits = Habits.of(workspace)
        odd = frozenset(name for name, one in workspace.templates.items() if habits.is_odd(one))
        evidence = Evidence(
            catalog,
            lexicon,
            leaves,
            standing,
            told,
            priors=judgement.priors,
            kinds=judgement.kinds,
            odd=odd,
            kin=kin,
            tries=tries,
            texts=texts,
            filled=Filled.of(catalog),
            variables=wrong_variables(workspace),
            left=LeftBehind.of(catalog, lexicon, len(rejections)),
            strange=Strange.of(rejections, comments, frozenset(lexicon.weights) | examples_said(workspace)),
        )
        unread = Unread.of(bench.pipeline, feedback, bench.before)
        return cls(bench, rejections, evidence, unread, disputed, judgement)

    def weigh(self, row: int) -> list[Weighed]:
        """Every intervention on one rejection, replayed and weighed."""
        one = self.rejections[row]
        heard = self._hear(row)
        shares = self.evidence.leaves.ticket_shares(row)
        values = self.unread.interventions(one, heard.before)
        found = interventions(one, heard.before, self.evidence.catalog, shares, values)
        if self.judgement.replays:
            outcomes = replay_all(self.bench.pipeline, one, heard.before, found, _asks_for_text(one))
        else:
            outcomes = [Outcome(tried, heard.before) for tried in found]
        known = self.evidence.lexicon.known(heard.said)
        present = present_action(heard.before, self.evidence.catalog)
        explained = explained_by_reply(outcomes, heard)
        heard = replace(heard, explained=explained, known=known, present=present)
        paired = parts_of_pairs(self.bench.pipeline, one, outcomes) if self.judgement.replays else frozenset()
        weighed = []
        for place, outcome in enumerate(outcomes):
            features = self.evidence.features(heard, outcome)
            if place in paired:
                features["pair"] = 1.0
                features.pop("unchanged", None)
            elif paired:
                # Being nearly the corrected reply is worth nothing where two changes give just that.
                features.pop("reply.gain", None)
            total = self.evidence.prior(outcome) + score(features, self.judgement.weights)
            weighed.append(Weighed(outcome, features, total / self.judgement.temperature))
        return self._but_grumbling(one, weighed)

    def _but_grumbling(self, one: Feedback, weighed: list[Weighed]) -> list[Weighed]:
        """What is of nothing here, and of nothing that the customer wrote, names no new thing either."""
        if stems(one.comment) & stems(one.fixture.ticket.customer_text):
            return weighed
        sober = [_without_strange_words(each, self.judgement) for each in weighed]
        return weighed if _told_by_words(sober, self.judgement) >= TELLS else sober

    def diagnosis(self, row: int) -> Diagnosis:
        """The readings of one rejection by itself."""
        one, leaves = self.rejections[row], self.evidence.leaves
        weighed = self.weigh(row)
        readings = _posterior(weighed, self.judgement.weights)
        heard = self._hear(row)
        says = heard.said.says_anything or heard.wrong_row
        silent = not (leaves.telling(row) or heard.wrong_row or one.expected or one.reply or one.reason)
        company = Company(leaves.voices, row)
        before, margin = self.bench.before[one.id], self.judgement.margin
        disputed = one.text_digest in self.disputed
        told = one.expected or one.reply or one.reason
        wordless = silent or not (told or _told_by_words(weighed, self.judgement) >= TELLS)
        return Diagnosis(one, before, readings, says, silent, company, margin, disputed, wordless)

    def _hear(self, row: int) -> Heard:
        one = self.rejections[row]
        said, note = read_comment(one.comment), read_comment(" ".join(notes_of(one)))
        disputed, sources = one.text_digest in self.disputed, self.bench.workspace.fetch.sources
        return hear(row, one, self.bench.before[one.id], said, note, disputed, sources)


def _asks_for_text(one: Feedback) -> bool:
    """Whether what was said can only be compared with whole replies and calls."""
    return bool(one.reply) or bool({"reply", "tools"} & (one.expected or {}).keys())


def _without_strange_words(one: Weighed, judgement: Judgement) -> Weighed:
    """Without what words speak for that nothing here is called by."""
    strange = {name: one.features[name] for name in STRANGE if name in one.features}
    if not strange:
        return one
    less = score(strange, judgement.weights) / judgement.temperature
    features = {name: value for name, value in one.features.items() if name not in strange}
    return Weighed(one.outcome, features, one.score - less)


def _told_by_words(weighed: Sequence[Weighed], judgement: Judgement) -> float:
    """How many nats what was said speaks for or against what is believed, in the mean.

    Where one reading is all but certain the words for others are not heard, so it is doubted as well.
    """
    top = max(one.score for one in weighed)
    near = [one for one in weighed if one.score >= top - FAR]
    spoken = [spoken_for(one.features, judgement.weights) / judgement.temperature for one in near]
    told = []
    for flat in (1.0, DOUBTED):
        shares = [exp((one.score - top) / flat) for one in near]
        total = sum(shares)
        told.append(sum(share * abs(more) for share, more in zip(shares, spoken, strict=True)) / total)
    return max(told)


def _posterior(weighed: Sequence[Weighed], weights: Mapping[str, float]) -> tuple[Reading, ...]:
    """Softmax over interventions, summed over those that ask for one change, best first."""
    top = max(one.score for one in weighed)
    mass: dict[tuple[Any, ...], float] = defaultdict(float)
    strongest: dict[tuple[Any, ...], Weighed] = {}
    for one in weighed:
        key = one.outcome.intervention.key
        mass[key] += exp(one.score - top)
        if key not in strongest or one.score > strongest[key].score:
            strongest[key] = one
    total = sum(mass.values())
    ranked = sorted(mass, key=lambda key: (-mass[key], repr(key)))[:KEPT_READINGS]
    return tuple(
        Reading(
            strongest[key].outcome.intervention,
            round(mass[key] / total, 6),
            round(spoken_for(strongest[key].features, weights), 6),
        )
        for key in ranked
    )


def texts_of(diagnoses: Iterable[Diagnosis]) -> list[str]:
    """The customers' texts of some diagnoses."""
    return [one.feedback.fixture.ticket.customer_text for one in diagnoses]
