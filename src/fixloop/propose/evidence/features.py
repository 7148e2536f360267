"""How well a changed proposal explains what staff said, against the proposal they rejected.

Each reading gets features: what comment and note say of what the change brings in and takes away (negated or
not), how the corrected reply and `expected` compare with what it leads to, the reason code, what accepted and
rejected tickets say of the place it is in, and what the ticket itself looks like. Log-odds are their sum
under `weights.WEIGHTS`: a conditional logit (McFadden, 1974), so its constants can be fitted and reported as
one thing.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import log
from typing import Any

from fixloop.pipeline.proposal import ToolCallMade
from fixloop.propose.bench.failed import as_meant, failed_call, failed_template, meant_branch
from fixloop.propose.bench.wanted import tool_names
from fixloop.propose.evidence.heard import Heard, edit_likeness
from fixloop.propose.evidence.kin import deed_of
from fixloop.propose.evidence.known import Known
from fixloop.propose.evidence.leaf_evidence import rarity
from fixloop.propose.evidence.score import Features
from fixloop.propose.evidence.standing import (
    branch_part,
    facts_of,
    fetch_part,
    unrendered_part,
)
from fixloop.propose.evidence.terms import (
    NONE,
    column_terms,
    fact_terms,
    names_argument,
    record_names,
    record_terms,
)
from fixloop.propose.evidence.texts import to_customer
from fixloop.propose.evidence.told import (
    NO_NEARER,
    OF_A_TEXT,
    from_cues,
    from_expected,
    from_reason,
    from_reply,
)
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.interventions import Outcome
from fixloop.propose.words.spelt import path_of
from fixloop.propose.words.ticket_values import in_words, values_of
from fixloop.propose.words.words import inserted_sentence, stems
from fixloop.workspace.model import ToolCall, is_other

Call = ToolCall | ToolCallMade


ASTRAY = 0.05
"""How much more a text has to be at home in another leaf that sends it to be that leaf's, 0…1."""


@dataclass(frozen=True, slots=True)
class Evidence(Known):
    """The features of a reading, from all that is known, step by step."""

    def features(self, heard: Heard, outcome: Outcome) -> Features:
        """What speaks for and against one reading, by name; absent means 0."""
        one = outcome.intervention
        found: Features = {"share": log(max(one.share, 1e-6))}
        from_reason(found, heard, one.step)
        from_cues(found, heard, one.step)
        if heard.moved and one.step not in ("intent", "none"):
            # What was rejected is not what the ticket gets today: nothing is known of today's reply.
            found["moved"] = 1.0
        if one.kind == "add_leaf":
            self._new_leaf(found, heard, outcome)
            return found
        if heard.feedback.expected:
            from_expected(found, heard, outcome)
        if one.step != "template":
            from_reply(found, heard, outcome)
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
        found["cue.missing"] = float(heard.missing)
        found["company.word"] = self.strange.shared[heard.row] if self.strange.shared else 0.0
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
            from_expected(found, heard, outcome)
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
        from_reply(found, heard, outcome)
        self._left_behind(found, heard, action)

    def _left_behind(self, found: Features, heard: Heard, action: Action) -> None:
        """How well a template that no tree uses fits, as the text of a leaf that is not there."""
        here, present = heard.before.leaf, heard.before.reply.template
        found["left.like"] = self.lexicon.likeness(heard.row, "template", action.reply, present)
        found["left.asked"] = self.lexicon.asked(heard.row, action.reply) - self.lexicon.asked(
            heard.row, present
        )
        near = self.left.of_leaf(heard.row, action.reply)
        uncalled = self.catalog.uncalled
        found["left.elsewhere"] = near * self.lexicon.elsewhere(here, action.reply)
        found["left.together"] = near * self.left.together(action.reply)
        found["left.tool"] = near * max((self.catalog.left_over(tool) for tool in uncalled), default=0.0)
        self._words(found, heard, self.lexicon.templates.get(action.reply, NONE), self._here(heard))

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
        self._words(found, heard, terms(leaf, NONE), terms(here, NONE) | self._action_terms(heard.before))
        # A word that nothing here is called by names something that is not here.
        found["words.unknown"] = 1 - heard.known if heard.said.affirmed else 0.0
        found["words.like"] = self.lexicon.likeness(heard.row, "leaf", leaf, here)
        found["leaf.named"] = float(heard.calls(leaf))

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
            found["trouble.read"] = self.standing.trouble(("field", value.path))
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
        came, went = record_terms(after, before), record_terms(before, after)
        found["record.named"] = float(bool(record_names(after, before) & heard.named))
        found["record.named.out"] = float(bool(record_names(before, after) & heard.named))
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
        found["unfilled"] = float(not self._could_come_out(heard, action))
        self._answer(found, heard, action.reply, action.tools, facts_of(before))
        self._kin(found, heard, action)
        if action.reply != before.reply.template and action.deed in self.catalog.trees:
            # That its tools go with it is why some branch does so, and nothing that speaks for this one.
            found["tool.in.home.deed"] = found.get("tool.in.home", 0.0)
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
        found["words.column"] = self.lexicon.coverage(said, column_terms(before, self.lexicon))
        found["words.fact"] = self.lexicon.coverage(said, fact_terms(before))
        if action.reply == before.reply.template and tool_names(before) == action.tool_names:
            found["tool.argument"] = 1.0
            found["argument.named"] = float(names_argument(heard, action))
            self._argument(found, heard, action)

    def _could_come_out(self, heard: Heard, action: Action) -> bool:
        """Whether what an action says and calls anew has its values in this ticket."""
        before = heard.before
        new = set(action.tool_names) - set(tool_names(before))
        text = action.reply if action.reply != before.reply.template else ""
        return self.filled.could(text, new, heard.given)

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
            near = self.left.of_branch(heard.row, before.leaf, reply)
            found["unused"] = near
            found["unused.together"] = near * self.left.together(reply)
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
            found["tool.in.here"] = self._nearer(before.leaf, tool, self.catalog.callers)
            found["tool.in.with"] = self._nearer(reply, tool, self.catalog.called_with)
            found["tool.in.uncalled"] = self.catalog.left_over(tool)
            found["tool.in.like"] = lexicon.likeness_of(heard.row, "tool", tool)
        for tool in now - then:
            found["tool.out"] = found.get("tool.out", 0.0) + 1
            found["tool.out.usual"] = self.standing.calls_with(before.reply.template, tool)
            found["tool.out.home"] = lexicon.at_home(before.reply.template, tool) + lexicon.at_home(
                before.leaf, tool
            )
            found["tool.out.like"] = lexicon.likeness_of(heard.row, "tool", tool)

    def _nearer(self, where: str, tool: str, known: Mapping[str, frozenset[str]]) -> float:
        """How much more a tool is at home in a leaf (or reply) than in the others that have it; 0 for none.

        A tool that is the business of another leaf has its caller already.
        """
        others = known.get(tool, frozenset()) - {where}
        home = self.lexicon.at_home
        return home(where, tool) - max(home(one, tool) for one in others) if others else 0.0

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

    def _argument(self, found: Features, heard: Heard, action: Action) -> None:
        """What speaks for another argument of the branch's own calls."""
        before, known = heard.before, self.catalog.calls
        now = {call.name: call.args for call in (heard.present.tools if heard.present else ())}
        about = (
            stems(before.leaf) | stems(before.branch or "") | self.texts.stems.get(action.reply, frozenset())
        )
        for call in action.tools:
            was = now.get(call.name, call.args)
            for arg in sorted(a for a in {*was, *call.args} if was.get(a) != call.args.get(a)):
                then, present = call.args.get(arg), was.get(arg)
                found["argument.about"] = _named_by(then, about) - _named_by(present, about)
                found["argument.listed"] = float(not path_of(present))
        found["argument.calls"] = log(1 + sum(len(known.get(call.name, ())) for call in action.tools))

    def _template(self, found: Features, heard: Heard, outcome: Outcome) -> None:
        before, standing = heard.before, self.standing
        found["near.here"] = self._near(heard, before.leaf)
        found["value.absent"] = float(self._names_absent(heard))
        failed = failed_template(before)
        text_of = failed or before.reply.template
        found["text.odd"] = float(text_of in self.odd)
        found["text.variable"] = self.variables.get(text_of, 0.0)
        found["text.stray"] = self.texts.strayed(before.leaf, text_of, self.lexicon.at_home)
        if failed is not None:
            # What stands in the way of the text is a variable: nothing that was sent tells more.
            sent = standing.text_part(heard.feedback, failed)
            found["unrendered"] = 1.0
            # A text that others get, or that is another leaf's, does not belong here; it is not wrong.
            found["unrendered.sent"] = float(failed in standing.templates or found["text.stray"] >= ASTRAY)
            found["trouble.template"] = standing.trouble(unrendered_part(failed), also=sent)
            terms = self.lexicon.templates.get
            self._words(found, heard, terms(failed, NONE), terms(before.reply.template, NONE))
            found["words.like"] = self.lexicon.likeness(heard.row, "template", failed, before.reply.template)
            return
        found["trouble.template"] = standing.trouble_of_text(heard.feedback, before)
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


def _named_by(value: Any, about: frozenset[str]) -> float:
    """The share of the words of an argument's value, or of the column it is, that some words account for."""
    words = stems((path_of(value) or str(value or "")).rpartition(".")[2].replace("_", " "))
    return len(words & about) / len(words) if words else 0.0


_STEPS: Mapping[str, Any] = {
    "none": Evidence._none,
    "intent": Evidence._intent,
    "extraction": Evidence._extraction,
    "fetch": Evidence._fetch,
    "plan": Evidence._plan,
    "template": Evidence._template,
}
