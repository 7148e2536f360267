"""How well a changed proposal explains what staff said, against the proposal they rejected.

Each reading gets features: what comment and note say of what the change brings in and takes away (negated or
not), how the corrected reply and `expected` compare with what it leads to, the reason code, what accepted and
rejected tickets say of the place it is in, and what the ticket itself looks like. Log-odds are their sum
under `weights.WEIGHTS`: a conditional logit (McFadden, 1974), so its constants can be fitted and reported as
one thing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import log
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.pipeline.proposal import Proposal, ToolCallMade
from fixloop.propose.bench.failed import as_meant, failed_call, failed_template, meant_branch
from fixloop.propose.bench.wanted import record_ids, satisfied_share, tool_names
from fixloop.propose.evidence.kin import Kin, deed_of
from fixloop.propose.evidence.leaf_evidence import LeafEvidence, rarity
from fixloop.propose.evidence.standing import (
    Standing,
    branch_part,
    facts_of,
    fetch_part,
    template_part,
    unrendered_part,
)
from fixloop.propose.evidence.texts import Texts, to_customer
from fixloop.propose.evidence.tries import Tries
from fixloop.propose.evidence.weights import NOTE, PRIORS, WEIGHTS
from fixloop.propose.readings.interventions import Action, Catalog, Outcome
from fixloop.propose.words.lexicon import Lexicon
from fixloop.propose.words.ticket_values import in_words, values_of
from fixloop.propose.words.words import (
    Said,
    exchanged_parts,
    inserted_sentence,
    quoted_parts,
    spoken_sentence,
    stems,
)
from fixloop.workspace.model import ToolCall, is_other

REASON_STEPS: Mapping[str, frozenset[str]] = {
    "wrong_intent": frozenset({"intent"}),
    "wrong_data": frozenset({"extraction", "fetch"}),
    "wrong_record": frozenset({"fetch", "extraction"}),
    "wrong_reply": frozenset({"plan", "template", "intent"}),
    "wrong_action": frozenset({"plan"}),
    "missing_knowledge": frozenset({"template", "plan", "intent"}),
    "not_needed": frozenset({"none", "plan"}),
}

CUES: Mapping[str, frozenset[str]] = {
    "intent": stems(
        "intent topic asking about category class misread understood subject belongs reads like "
        "versteht thema anliegen geht gemeint kategorie gehört"
    ),
    "fetch": stems(
        "record account other namesake person holder match lookup someone several certain guess "
        "konto verwechselt namensvetter person mehrere eindeutig raten"
    ),
    "extraction": stems(
        "recognised recognized read text given gave number overlooked missed see spelled typo already stands "
        "erkannt gelesen steht übersehen nummer angegeben genannt geschrieben"
    ),
    "template": stems(
        "outdated text wording typo template old phone hotline says sentence line write changed "
        "veraltet vorlage telefonnummer satz formulierung schreiben textbaustein"
    ),
    "plan": stems(
        "unless flag flagged already status escalate tool before forgot missing also "
        "argument fehlt vergessen auch zusätzlich vorher"
    ),
}

OF_A_TEXT = stems(
    "outdated wording reworded rephrased typo misspelt sentence paragraph "
    "veraltet satz absatz formulierung tippfehler rechtschreibfehler"
)
"""What is said of how a text reads, and not of which text it is."""

Features = dict[str, float]
Call = ToolCall | ToolCallMade


@dataclass(frozen=True, slots=True)
class Heard:
    """A rejection, read once: its words, what staff quote, how like the corrected reply is to it."""

    row: int
    feedback: Feedback
    before: Proposal
    said: Said
    note: Said
    disputed: bool = False
    quoted: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    spoken: str = ""
    sent_like: float = 0.0
    explained: bool = False
    known: float = 1.0
    present: Action | None = None

    @property
    def moved(self) -> bool:
        """Whether the ticket gets another leaf today than the one that was rejected."""
        return self.feedback.proposal.get("leaf") not in (None, self.before.leaf)


@lru_cache(maxsize=20_000)
def _pairs(text: str) -> frozenset[tuple[str, str]]:
    words = text.split()
    return frozenset(zip(["", *words], [*words, ""], strict=True))


def likeness(a: str, b: str) -> float:
    """How alike two texts are by pairs of words that follow each other, 0…1 (Sørensen, 1948)."""
    here, there = _pairs(a), _pairs(b)
    return 2 * len(here & there) / (len(here) + len(there))


LENGTHENED = 0.15
"""How much less a text that another one holds almost whole is like it than one with as many words."""


def edit_likeness(sent: str, corrected: str) -> float:
    """How like a text is to one that could be it with a stretch more or less, however long, 0…1."""
    here, there = _pairs(sent), _pairs(corrected)
    held = len(here & there) / min(len(here), len(there))
    return max(likeness(sent, corrected), held - LENGTHENED)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that features are told from, worked out once for the rejections of a run."""

    catalog: Catalog
    lexicon: Lexicon
    leaves: LeafEvidence
    standing: Standing
    information: Mapping[str, float]
    priors: Mapping[str, float] = field(default_factory=lambda: PRIORS)
    kinds: Mapping[str, float] = field(default_factory=dict)
    odd: frozenset[str] = frozenset()
    """Templates with a variable where all others have another."""
    kin: Kin | None = None
    tries: Tries = field(default_factory=Tries)
    texts: Texts = field(default_factory=lambda: Texts({}, {}, {}))

    def features(self, heard: Heard, outcome: Outcome) -> Features:
        """What speaks for and against one reading, by name; absent means 0."""
        one = outcome.intervention
        found: Features = {"share": log(max(one.share, 1e-6))}
        _reason(found, heard, one.step)
        _cue(found, heard, one.step)
        if heard.moved and one.step not in ("intent", "none"):
            # What was rejected is not what the ticket gets today: nothing is known of today's reply.
            found["moved"] = 1.0
        if one.kind == "add_leaf":
            self._new_leaf(found, heard, outcome)
            return found
        if heard.feedback.expected:
            _expected(found, heard, outcome)
        if one.step != "template":
            _reply(found, heard, outcome)
        _STEPS[one.step](self, found, heard, outcome)
        return found

    def prior(self, outcome: Outcome) -> float:
        """The log prior of a reading's step, and of the kind of fix it leads to."""
        one = outcome.intervention
        kind = self.kinds.get(one.options[0].kind, self.kinds.get(one.kind, 1.0))
        return log(self.priors["new_leaf" if one.kind == "add_leaf" else one.step] * kind)

    # --- step by step -----------------------------------------------------------------------------------

    def _none(self, found: Features, heard: Heard, outcome: Outcome) -> None:
        found["disputed"] = float(heard.disputed)
        found["company.none"] = self.leaves.bonus(heard.row, outcome.intervention)
        found["trouble.none"] = self._trouble(heard)
        found["lonely"] = float(self.standing.lonely(branch_part(heard.before)))
        found["words.kept"] = self._coverage(heard, heard.said.affirmed, self._here(heard))
        found["told.none"] = float(bool(heard.feedback.expected or heard.feedback.reply))
        found["says.none"] = float(heard.said.says_anything)

    def _new_leaf(self, found: Features, heard: Heard, outcome: Outcome) -> None:
        """A leaf there is not yet: words that nothing accounts for, and tickets that are like no leaf's."""
        found["company.fresh"] = float(self.leaves.fresh[heard.row])
        found["doubt"] = self._doubt(heard)
        found["trouble.intent"] = self.standing.trouble(("leaf", heard.before.leaf))
        found["near.anything"] = float(self.leaves.near[heard.row].max(initial=0.0))
        found["novel"] = rarity(self.leaves.usual, found["near.anything"])
        found["doubted.new"] = self._doubted(heard)
        action = outcome.intervention.action
        expected = heard.feedback.expected or {}
        if expected.get("leaf") not in (None, *self.lexicon.leaves):
            found["expected.met"] = 1.0
            # Who names a leaf that is not there does not mean the one whose words are near.
            found["company.fresh"] = max(0.0, found["company.fresh"])
        elif expected and action is not None:
            _expected(found, heard, outcome)
        elif expected:
            # Who names a leaf that there is does not mean a new one.
            found["expected.missed"] = NO_NEARER if "leaf" in expected else 1.0
        elif heard.said.affirmed:
            found["words.new"] = 2 * (1 - heard.known) - 0.5
        if action is None:
            # A new leaf could say anything, also what some other leaf says word for word.
            if heard.feedback.reply:
                found["reply.given"] = float(not heard.explained)
                found["reply.any"] = float(heard.explained)
            return
        _reply(found, heard, outcome)
        self._left_behind(found, heard, action)

    def _left_behind(self, found: Features, heard: Heard, action: Action) -> None:
        """How well a template that no tree uses fits, as the text of a leaf that is not there."""
        here, present = heard.before.leaf, heard.before.reply.template
        found["left.like"] = self.lexicon.likeness(heard.row, "template", action.reply, present)
        found["left.asked"] = self.lexicon.asked(heard.row, action.reply) - self.lexicon.asked(
            heard.row, present
        )
        found["left.elsewhere"] = self.lexicon.elsewhere(here, action.reply)
        self._words(found, heard, self.lexicon.templates.get(action.reply, _NO), self._here(heard))

    def _intent(self, found: Features, heard: Heard, outcome: Outcome) -> None:
        leaf, here = outcome.intervention.wanted.leaf or "", heard.before.leaf
        found["company.leaf"] = self.leaves.bonus(heard.row, outcome.intervention)
        found["near.gain"] = self._near(heard, leaf) - self._near(heard, here)
        found["held_back"] = float(heard.before.raw_leaf == leaf)
        found["unreachable"] = float(leaf in self.catalog.cut_off)
        found["to_other"] = float(is_other(leaf))
        found["doubt"] = self._doubt(heard)
        found["doubted"] = self._doubted(heard)
        found["trouble.intent"] = self.standing.trouble(("leaf", here))
        terms = self.lexicon.leaves.get
        self._words(found, heard, terms(leaf, _NO), terms(here, _NO) | self._action_terms(heard.before))
        # A word that nothing here is called by names something that is not here.
        found["words.unknown"] = 1 - heard.known if heard.said.affirmed else 0.0
        found["words.like"] = self.lexicon.likeness(heard.row, "leaf", leaf, here)

    def _extraction(self, found: Features, heard: Heard, outcome: Outcome) -> None:
        value, after = outcome.intervention.value, outcome.after
        assert value is not None
        found["unchanged"] = float(after.outcome == heard.before.outcome)
        found["found"] = float(len(after.records) == 1 != len(heard.before.records))
        found["value.named"] = float(value.text.casefold() in heard.named)
        said = heard.said.affirmed | heard.said.negated
        found["field.named"] = float(bool(stems(value.path.replace(".", " ")) & said))
        found["near.here"] = self._near(heard, heard.before.leaf)
        if value.dropped:
            found["trouble.extraction"] = self.standing.trouble(fetch_part(heard.before))
            return
        found["trouble.unread"] = outcome.intervention.trouble
        self._answer(found, heard, after.reply.template, after.tools, facts_of(after))
        self._words(found, heard, self._action_terms(after), self._action_terms(heard.before))

    def _fetch(self, found: Features, heard: Heard, outcome: Outcome) -> None:
        after, before = outcome.after, heard.before
        found["trouble.fetch"] = self.standing.trouble(fetch_part(before))
        found["unchanged"] = float(after.reply.text == before.reply.text)
        mine, theirs = self._strength(after), self._strength(before)
        found["information"] = mine - theirs
        found["to_none"] = float(not after.records)
        found["to_several"] = float(len(after.records) > 1)
        found["weakly"] = float(bool(before.records) and theirs < 4.0 and len(after.records) != 1)
        came, went = _record_terms(after, before), _record_terms(before, after)
        found["record.named"] = float(bool(_record_names(after, before) & heard.named))
        found["record.named.out"] = float(bool(_record_names(before, after) & heard.named))
        found["near.here"] = self._near(heard, before.leaf)
        self._words(found, heard, came, went)

    def _plan(self, found: Features, heard: Heard, outcome: Outcome) -> None:
        one = outcome.intervention
        action, failed, meant = one.action, failed_call(heard.before), meant_branch(heard.before)
        assert action is not None
        if failed is not None:
            # What the branch would do is what another call is compared with, not what stood in for it.
            heard = replace(heard, before=as_meant(heard.before))
        before = heard.before
        found["trouble.plan"] = self.standing.trouble(branch_part(before))
        tried = self.tries.found.get(heard.feedback.id)
        if tried is not None:
            found["tree.share"] = log(tried.share(action.deed, one.share))
            found["tree.stands"] = tried.stands
            found.pop("share", None)
        found["tools.only"] = float(action.reply == before.reply.template)
        if failed is not None and meant is not None and action.reply == meant.reply:
            found["unrendered"] = float(failed not in action.tools)
        self._answer(found, heard, action.reply, action.tools, facts_of(before))
        self._kin(found, heard, action)
        found["own"] = float(
            any(a.reply == action.reply and a.tools == action.tools for a in self.catalog.own[before.leaf])
        )
        found["near.here"] = self._near(heard, before.leaf)
        if action.reply == before.reply.template:
            gone = set(tool_names(before)) - set(action.tool_names)
            # The template stays, so its words are none for or against the change of a call.
            self._words(found, heard, self._call_terms(heard, action), self._tool_terms(gone))
        else:
            self._words(found, heard, self._wanted_terms(outcome), self._action_terms(before))
        said = heard.said.affirmed | heard.said.negated
        found["words.column"] = self.lexicon.coverage(said, _column_terms(before, self.lexicon))
        found["words.fact"] = self.lexicon.coverage(said, _fact_terms(before))
        if action.reply == before.reply.template and tool_names(before) == action.tool_names:
            found["tool.argument"] = 1.0
            found["argument.named"] = float(_names_argument(heard, action))

    def _answer(
        self, found: Features, heard: Heard, reply: str, tools: Sequence[Call], facts: Sequence[str]
    ) -> None:
        """What speaks for another reply and other tools where these facts are so."""
        before = heard.before
        if reply != before.reply.template:
            standing, home = self.standing, self.lexicon.at_home
            present = standing.fits(before.reply.template, facts_of(before))
            found["fits"] = standing.fits(reply, facts) - present
            found["unseen"] = float(reply not in standing.templates)
            found["unused"] = float(reply in self.catalog.unused)
            if found["unused"]:
                found["unused.elsewhere"] = self.lexicon.elsewhere(before.leaf, reply)
                found["unused.doubt"] = self._doubt(heard)
            found["at_home"] = home(before.leaf, reply) - home(before.leaf, before.reply.template)
            found["words.like"] = self.lexicon.likeness(heard.row, "template", reply, before.reply.template)
            found["quote.brought"] = float(any(self.texts.has(reply, part) for part in heard.quoted))
        self._calls(found, heard, reply, {call.name for call in tools})

    def _calls(self, found: Features, heard: Heard, reply: str, then: Set[str]) -> None:
        """What speaks for tools that come or go."""
        before, lexicon = heard.before, self.lexicon
        now = set(tool_names(before))
        for tool in then - now:
            found["tool.in"] = found.get("tool.in", 0.0) + 1
            found["tool.in.usual"] = self.standing.calls_with(reply, tool)
            found["tool.in.home"] = lexicon.at_home(reply, tool) + lexicon.at_home(before.leaf, tool)
            found["tool.in.uncalled"] = self.catalog.left_over(tool)
            found["tool.in.like"] = lexicon.likeness_of(heard.row, "tool", tool)
        for tool in now - then:
            found["tool.out"] = found.get("tool.out", 0.0) + 1
            found["tool.out.usual"] = self.standing.calls_with(before.reply.template, tool)
            found["tool.out.home"] = lexicon.at_home(before.reply.template, tool) + lexicon.at_home(
                before.leaf, tool
            )
            found["tool.out.like"] = lexicon.likeness_of(heard.row, "tool", tool)

    def _kin(self, found: Features, heard: Heard, action: Action) -> None:
        """How usual the action is elsewhere, against what the branch does that answered."""
        before, kin = heard.before, self.kin
        branch = kin.here.get((before.leaf, before.branch or "")) if kin else None
        if kin is None or branch is None:
            return
        reply, names = deed_of(branch)
        found["kin.condition"] = kin.under(branch, action.deed)
        if action.reply != reply:
            found["kin.reply"] = kin.with_tools(branch, action.reply) if action.tool_names == names else 0.0
            return
        if action.tool_names != names:
            found["kin.tools"] = kin.with_reply(branch, action.tool_names)
            return
        about = stems(before.leaf) | stems(reply)
        now = {call.name: call for call in branch.tools}
        found["kin.argument"] = sum(kin.argument(now[c.name], c, about) for c in action.tools)

    def _template(self, found: Features, heard: Heard, outcome: Outcome) -> None:
        before, standing = heard.before, self.standing
        found["near.here"] = self._near(heard, before.leaf)
        found["value.absent"] = float(self._names_absent(heard))
        failed = failed_template(before)
        text_of = failed or before.reply.template
        found["text.odd"] = float(text_of in self.odd)
        found["text.stray"] = self.texts.strayed(before.leaf, text_of, self.lexicon.at_home)
        if failed is not None:
            # What stands in the way of the text is a variable: nothing that was sent tells more.
            sent = template_part(heard.feedback, before, failed)
            found["unrendered"] = 1.0
            found["trouble.template"] = standing.trouble(unrendered_part(failed), also=sent)
            terms = self.lexicon.templates.get
            self._words(found, heard, terms(failed, _NO), terms(before.reply.template, _NO))
            found["words.like"] = self.lexicon.likeness(heard.row, "template", failed, before.reply.template)
            return
        found["trouble.template"] = standing.trouble(template_part(heard.feedback, before))
        # What falls to `other` gets one text whatever it is: its company says nothing of that text.
        found["text.of_other"] = float(is_other(before.leaf))
        text, asked = before.reply.text.casefold(), str(heard.feedback.ticket.get("text", "")).casefold()
        found["quote.sent"] = float(any(part in text for part in heard.quoted))
        found["quote.absent"] = float(any(part not in text and part not in asked for part in heard.quoted))
        found["quote.number"] = self.texts.number_told(before.reply.template, heard.feedback, before)
        if not heard.quoted:
            found["quote.address"] = float(to_customer(heard.feedback.comment))
            found["quote.copied"] = float(inserted_sentence(heard.feedback.comment) is not None)
        if heard.feedback.reply:
            found["reply.edit"] = (edit_likeness(before.reply.text, heard.feedback.reply) - 0.5) * 2
            found["reply.edit.explained"] = float(heard.explained)
        else:
            found["reply.missing"] = 1.0
        said = heard.said.affirmed | heard.said.negated
        found["cue.text"] = float(bool(said & OF_A_TEXT) or "out of date" in heard.spoken)
        of_text = heard.quoted or found["value.absent"] or found["quote.number"] or found["quote.copied"]
        if said and not of_text:
            # Who is content with the action and not with its text speaks of what stands there.
            there = self._coverage(heard, said, stems(before.reply.text))
            found["words.sent"], found["words.not_sent"] = there, 1 - there

    def _names_absent(self, heard: Heard) -> bool:
        """Whether staff name a value of the ticket that the reply could say and does not: not who it is."""
        fetch = self.catalog.workspace.fetch
        who = {one.match.partition(".")[0] for one in fetch.signals} | {s.id for s in fetch.sources.values()}
        names = {f"{{{{ record.{column} }}}}" for column in who}
        sent, told = heard.before.reply.text, heard.feedback.ticket.get("text", "")
        return any(
            in_words(value, heard.spoken) and not in_words(value, sent) and not in_words(value, str(told))
            for value, variable in values_of(heard.before).items()
            if variable not in names
        )

    # --- parts ------------------------------------------------------------------------------------------

    def _words(self, found: Features, heard: Heard, brought: frozenset[str], taken: frozenset[str]) -> None:
        for said, factor in ((heard.said, 1.0), (heard.note, NOTE)):
            if not said.says_anything:
                continue
            came = brought & (said.affirmed | said.negated)
            went = taken & (said.affirmed | said.negated)
            coverage, add = self.lexicon.coverage, _adder(found, factor)
            add("words.in", coverage(said.affirmed, came - went))
            add("words.out", coverage(said.affirmed, went - came))
            add("words.out.negated", coverage(said.negated, went - came))
            add("words.in.negated", coverage(said.negated, came - went))

    def _coverage(self, heard: Heard, said: frozenset[str], terms: frozenset[str]) -> float:
        return self.lexicon.coverage(said, terms)

    def _here(self, heard: Heard) -> frozenset[str]:
        """The words for what was answered."""
        return self.lexicon.leaves.get(heard.before.leaf, _NO) | self._action_terms(heard.before)

    def _action_terms(self, proposal: Proposal) -> frozenset[str]:
        terms = self.lexicon.templates.get(proposal.reply.template, _NO)
        return terms.union(*(self.lexicon.tools.get(name, _NO) for name in tool_names(proposal)))

    def _wanted_terms(self, outcome: Outcome) -> frozenset[str]:
        """The words for an action: its template, its tools, and what their arguments say."""
        action = outcome.intervention.action
        assert action is not None
        terms = self.lexicon.templates.get(action.reply, _NO)
        for call in action.tools:
            terms |= self.lexicon.tools.get(call.name, _NO) | _literals(call.args)
        return terms

    def _tool_terms(self, names: Iterable[str]) -> frozenset[str]:
        return _NO.union(*(self.lexicon.tools.get(name, _NO) for name in names))

    def _call_terms(self, heard: Heard, action: Action) -> frozenset[str]:
        """The words for the calls that an action has and the present one has not, and for other arguments."""
        there = {call.name: call.args for call in heard.present.tools} if heard.present else {}
        terms = self._tool_terms(call.name for call in action.tools if call.name not in there)
        for call in action.tools:
            old = there.get(call.name, {})
            terms |= _literals({arg: v for arg, v in call.args.items() if arg not in old or old[arg] != v})
        return terms

    def _near(self, heard: Heard, leaf: str) -> float:
        column = self.leaves.column(leaf)
        return 0.0 if column is None else float(self.leaves.near[heard.row, column])

    def _doubt(self, heard: Heard) -> float:
        """How little step one trusted its own answer, 0…1."""
        return 1 - heard.before.scores.get(heard.before.raw_leaf, 0.0)

    def _doubted(self, heard: Heard) -> float:
        """How seldom step one trusts an answer that is right as little as this one."""
        return rarity(self.standing.trust, heard.before.scores.get(heard.before.raw_leaf, 0.0))

    def _trouble(self, heard: Heard) -> float:
        """The most suspect of the parts the proposal went through."""
        parts = (
            branch_part(heard.before),
            template_part(heard.feedback, heard.before),
            fetch_part(heard.before),
            ("leaf", heard.before.leaf),
        )
        return max(map(self.standing.trouble, parts))

    def _strength(self, proposal: Proposal) -> float:
        """How much what was matched tells of the selected records, in nats; of several, the least."""
        told = [
            sum(self.information.get(m.partition("=")[0], 0.0) for m in r.matched) for r in proposal.records
        ]
        return min(told, default=0.0)


_NO: frozenset[str] = frozenset()
_STEPS: Mapping[str, Any] = {
    "none": Evidence._none,
    "intent": Evidence._intent,
    "extraction": Evidence._extraction,
    "fetch": Evidence._fetch,
    "plan": Evidence._plan,
    "template": Evidence._template,
}


def score(features: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS) -> float:
    """The log-odds that features add up to."""
    return sum([weights.get(name, 0.0) * value for name, value in features.items()])


def spoken_for(features: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS) -> float:
    """What the words of comment and note add to a reading, as words for something that is here."""
    return sum([weights.get(name, 0.0) * value for name, value in features.items() if _is_spoken(name)])


@lru_cache(maxsize=1_000)
def _is_spoken(name: str) -> bool:
    if name in UNSPOKEN:
        return False
    return _KINDS.get(name.partition(".")[0]) == "comment" or name.endswith((".like", ".named"))


STRANGE = ("words.new", "words.unknown")
"""Features of words that nothing here is called by: they name new things, and grumbling is made of them."""


UNSPOKEN = (*STRANGE, "words.kept", "words.not_sent")
"""Features that say of a comment what it does not hold: whatever is said leaves much unsaid."""


def by_kind(features: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS) -> dict[str, float]:
    """What each kind of evidence adds, rounded, strongest first: for people."""
    found: dict[str, float] = {}
    for name, value in features.items():
        kind = _KINDS.get(name.partition(".")[0], "ticket")
        found[kind] = found.get(kind, 0.0) + weights.get(name, 0.0) * value
    ranked = sorted(found.items(), key=lambda item: (-abs(item[1]), item[0]))
    return {kind: round(total, 2) for kind, total in ranked if abs(total) >= 0.005}


_KINDS = {
    "words": "comment",
    "cue": "comment",
    "value": "comment",
    "field": "comment",
    "record": "comment",
    "quote": "comment",
    "text": "other templates",
    "unrendered": "what could not be carried out",
    "reply": "corrected reply",
    "expected": "expected",
    "pair": "together with another change",
    "reason": "reason code",
    "company": "other rejections",
    "trouble": "accepted and rejected tickets",
    "lonely": "accepted and rejected tickets",
    "fits": "accepted and rejected tickets",
    "unseen": "accepted and rejected tickets",
    "kin": "what other trees do",
    "tree": "edits of the tree, tried",
    "disputed": "accepted and rejected tickets",
    "share": "how many such readings there are",
}


def hear(row: int, feedback: Feedback, before: Proposal, said: Said, note: Said, disputed: bool) -> Heard:
    """A rejection read once."""
    spoken = " ".join([feedback.comment, *notes_of(feedback)])
    quoted = tuple(part.casefold() for part in quoted_parts(spoken)) or _unquoted(feedback, before)
    named = frozenset(word.strip(".,;:!?()\"'“”„") for word in spoken.casefold().split()) | set(quoted)
    alike = likeness(before.reply.text, feedback.reply) if feedback.reply else 0.0
    return Heard(
        row, feedback, before, said, note, disputed, quoted, frozenset(named), spoken.casefold(), alike
    )


def _unquoted(feedback: Feedback, before: Proposal) -> tuple[str, ...]:
    """The words that should stand in the reply, and those that do, where staff say so without quoting."""
    parts = exchanged_parts(feedback.comment)
    if parts and parts[1] in before.reply.text:
        return tuple(part.casefold() for part in parts)
    sentence = spoken_sentence(feedback.comment)
    return (sentence.casefold().strip(" ."),) if sentence else ()


def notes_of(feedback: Feedback) -> tuple[str, ...]:
    """An engineer's own words on a rejection."""
    return tuple(getattr(feedback, "notes", ()))


def information_of(catalog: Catalog) -> dict[str, float]:
    """How much a match by each field tells of which record is meant: the log of how few share a value."""
    from fixloop.pipeline.rows import KEYS, values_at

    workspace = catalog.workspace
    found: dict[str, float] = {}
    for signal in workspace.fetch.signals:
        rows = workspace.records.get(signal.source, ())
        path, key = signal.match.split("."), KEYS[signal.compare]
        values = [key(value) for row in rows for value in values_at(row, path)]
        if values:
            shared = len(values) / len(set(values))
            found[signal.field] = max(found.get(signal.field, 0.0), log(max(1.0, len(rows) / shared)))
    return found


def _adder(found: Features, factor: float) -> Any:
    def add(name: str, value: float) -> None:
        if value:
            found[name] = found.get(name, 0.0) + factor * value

    return add


def _reason(found: Features, heard: Heard, step: str) -> None:
    steps = REASON_STEPS.get(heard.feedback.reason or "")
    if steps is not None:
        found["reason.fits" if step in steps else "reason.differs"] = 1.0


def _cue(found: Features, heard: Heard, step: str) -> None:
    said = heard.said.affirmed | heard.said.negated
    hits = {other for other, words in CUES.items() if said & words}
    if step in hits:
        found["cue"] = 1.0
    elif hits:
        found["cue.other"] = 1.0


NO_NEARER = 3.0
"""How many times more what was expected and is missed counts against a reading that comes no nearer to it."""

_OF_TEXT = ("contains", "excludes", "text")


def _expected(found: Features, heard: Heard, outcome: Outcome) -> None:
    """How much of `expected` a reading brings about, against what the proposal has of it already."""
    expected = heard.feedback.expected or {}
    already = satisfied_share(expected, heard.before)
    rewritten = outcome.intervention.step == "template" and already < 1.0
    after = as_meant(outcome.after) if rewritten else outcome.after
    share = satisfied_share(_but_words(expected) if rewritten else expected, after)
    if share == 1.0:
        found["expected.met"] = 1.0
    else:
        found["expected.missed"] = (1 - share) * (1.0 if share > already else NO_NEARER)


def _but_words(expected: Mapping[str, Any]) -> dict[str, Any]:
    """What is expected beside the words of the reply, which another text of the template can bring about."""
    reply = expected.get("reply")
    if not isinstance(reply, Mapping):
        return dict(expected)
    return {**expected, "reply": {name: part for name, part in reply.items() if name not in _OF_TEXT}}


def _reply(found: Features, heard: Heard, outcome: Outcome) -> None:
    """Another reply: it is, or is more like, the corrected one than what was sent."""
    corrected = heard.feedback.reply
    if not corrected:
        return
    text = outcome.after.reply.text
    if text == heard.before.reply.text:
        found["reply.given"] = 1.0
    elif text == corrected:
        found["reply.exact"] = 1.0
    else:
        found["reply.gain"] = likeness(text, corrected) - heard.sent_like


def _record_terms(proposal: Proposal, other: Proposal) -> frozenset[str]:
    return frozenset(one for row in _rows_apart(proposal, other) for one in _row_terms(row))


def _record_names(proposal: Proposal, other: Proposal) -> frozenset[str]:
    """The values of records as staff would write them."""
    return frozenset(one for row in _rows_apart(proposal, other) for one in _row_names(row))


def _rows_apart(proposal: Proposal, other: Proposal) -> list[Mapping[str, Any]]:
    there = set(record_ids(other))
    return [record.row for record in proposal.records if str(record.id) not in there]


def _row_terms(row: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(one for value in row.values() for one in stems(_flat(value)))


def _row_names(row: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(
        str(v).casefold() for v in row.values() if isinstance(v, str) and any(c.isdigit() for c in v)
    )


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(_flat(one) for one in value.values())
    if isinstance(value, list | tuple):
        return " ".join(_flat(one) for one in value)
    return "" if isinstance(value, bool) or value is None else str(value)


def _names_argument(heard: Heard, action: Action) -> bool:
    """Whether staff name a value that an argument would have and has not."""
    present = {(call.name, arg): value for call in heard.before.tools for arg, value in call.args.items()}
    row = heard.before.records[0].row if len(heard.before.records) == 1 else {}
    for call in action.tools:
        for arg, written in call.args.items():
            path = _COLUMN.fullmatch(str(written))
            value = row.get(path[1]) if path else written
            spelled = str(value).replace("_", " ").casefold()
            if value is not None and value != present.get((call.name, arg)) and spelled in heard.spoken:
                return True
    return False


_COLUMN = re.compile(r"\{\{ record\.(\w+) \}\}")


def _literals(args: Mapping[str, Any]) -> frozenset[str]:
    return stems(" ".join(f"{name} {_flat(value)}" for name, value in args.items()))


def _column_terms(before: Proposal, lexicon: Lexicon) -> frozenset[str]:
    """The words for the columns of the one selected record: what a condition could be about."""
    if len(before.records) != 1:
        return _NO
    named = (lexicon.columns.get(column, _NO) for column in before.records[0].row)
    return _NO.union(*named)


def _fact_terms(before: Proposal) -> frozenset[str]:
    """The words for what is so of the one selected record: flags that are set, short values."""
    if len(before.records) != 1:
        return _NO
    row = before.records[0].row
    flags = " ".join(column for column, value in row.items() if value is True)
    return stems(flags) | stems(" ".join(v for v in row.values() if isinstance(v, str) and len(v) <= 20))


def explained_by_reply(outcomes: Sequence[Outcome], heard: Heard) -> bool:
    """Whether some other reading leads to just the corrected reply."""
    corrected = heard.feedback.reply
    return bool(corrected) and any(_matches(outcome, corrected) for outcome in outcomes)


def _matches(outcome: Outcome, corrected: str | None) -> bool:
    return outcome.intervention.step not in ("none", "template") and outcome.after.reply.text == corrected


def strongest(features: Sequence[Features]) -> Iterator[str]:
    """The names of all features that occur, sorted."""
    yield from sorted({name for one in features for name in one})
