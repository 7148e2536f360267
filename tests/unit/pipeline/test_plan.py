from typing import Any

import pytest

from fixloop.errors import BadInput
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.fixture import Fixture, Forced
from fixloop.pipeline.plan import Planned
from fixloop.pipeline.ticket import Ticket
from fixloop.ports.cache import NoCache
from fixloop.workspace.model import Branch, FetchRules, Signal, Source, Template, Test, ToolCall
from tests.unit.pipeline import bank

NOTE = ToolCall("note", {"text": "about {{ record.account_id }}"})


def plan(*branches: Branch, records: Any = ({"account_id": "a1"},), **changes: Any) -> Planned:
    trees = {"account_locked": bank.tree(*branches)}
    return bank.pipeline(plan_trees=trees, **changes).plan("account_locked", {}, records)


class TestBranches:
    def test_the_first_that_holds_answers(self) -> None:
        yes = Test("record.account_id", "eq", "a1")
        planned = plan(
            Branch("no", Test("record.account_id", "eq", "x"), "handover"),
            Branch("yes", yes, "security_escalation"),
        )
        assert (planned.branch, planned.reply.template) == ("yes", "security_escalation")

    def test_nested_branches_have_their_own_default(self) -> None:
        inner = (
            Branch("in", Test("record.vip", "eq", True), "handover"),
            Branch("in_default", None, "security_escalation"),
        )
        outer = Branch("out", Test("fetched.count", "eq", 1), branches=inner)
        planned = plan(outer, Branch("default", None, "handover"))
        assert planned.branch == "in_default"
        assert [branch.id for branch in planned.trail] == ["out", "in_default"]

    def test_without_one_that_holds_a_person_answers(self) -> None:
        planned = plan(Branch("no", Test("fetched.count", "eq", 7), "security_escalation"))
        assert (planned.branch, planned.reply.template, planned.needs_review) == (None, "handover", True)

    def test_a_tree_of_an_other_leaf_counts(self) -> None:
        trees = {"payments.other": bank.tree(Branch("d", None, "security_escalation"), leaf="payments.other")}
        assert bank.pipeline(plan_trees=trees).plan("payments.other", {}, ()).branch == "d"
        assert bank.pipeline().plan("payments.other", {}, ()).reply.template == "handover"

    def test_scores_are_those_of_the_case_or_just_enough(self) -> None:
        trees = {"account_locked": bank.tree(Branch("sure", Test("fetched.margin", "gte", 4), "handover"))}
        ours = bank.pipeline(plan_trees=trees)
        one = [{"account_id": "a1"}]
        assert ours.plan("account_locked", {}, one).branch == "sure"
        assert ours.plan("account_locked", {}, one, fetched={"margin": 1}).branch is None


class TestReview:
    def test_a_tool_without_side_effects_needs_none(self) -> None:
        planned = plan(Branch("d", None, "handover", (NOTE,)))
        assert [(tool.name, tool.args) for tool in planned.tools] == [("note", {"text": "about a1"})]
        assert not planned.needs_review

    @pytest.mark.parametrize(
        "branch",
        [
            Branch("d", None, "handover", (bank.ESCALATE,)),
            Branch("d", None, "handover", (ToolCall("undeclared"),)),
            Branch("d", None, "handover", (), True),
            Branch("out", None, None, (), True, (Branch("in", None, "handover"),)),
        ],
    )
    def test_side_effects_and_a_branch_that_asks_do(self, branch: Branch) -> None:
        assert plan(branch).needs_review


class TestFallback:
    def test_an_undefined_variable_is_handed_over_and_named(self) -> None:
        planned = plan(Branch("d", None, "unlock_instructions", (NOTE,)))
        assert (planned.branch, planned.reply.text, planned.tools) == (
            "d",
            "A colleague will answer you.",
            (),
        )
        assert planned.needs_review
        assert planned.notes[0] == "fallback: template unlock_instructions: record.branch is not there"

    def test_so_is_one_of_a_tool_s_argument(self) -> None:
        planned = plan(Branch("d", None, "handover", (NOTE,)), records=())
        assert planned.notes[0] == "fallback: tool note: record.account_id is not there"

    def test_a_template_that_is_not_there_is_named(self) -> None:
        assert "template gone" in plan(Branch("d", None, "gone")).notes[0]

    def test_a_fallback_that_fails_itself_says_so_and_nothing_else(self) -> None:
        broken = {**bank.templates(), "handover": Template("handover", "", {"": "{{ record.gone }}"})}
        planned = plan(Branch("d", None, "gone"), templates=broken)
        assert (planned.reply.template, planned.reply.text, planned.needs_review) == ("handover", "", True)

    def test_without_a_fallback_reply_there_is_none(self) -> None:
        from dataclasses import replace

        config = replace(bank.workspace().config, fallback_reply=None)
        assert plan(Branch("d", None, "gone"), config=config).reply.template == ""


class TestForced:
    fixture = Fixture(Ticket("T", "KTR05821 is locked"), None, {"accounts": bank.ACCOUNTS})

    def test_a_branch_is_taken_whether_it_holds_or_not(self) -> None:
        proposal = bank.pipeline().replay(self.fixture, Forced(branch="none"))
        assert (proposal.branch, proposal.reply.template) == ("none", "request_account_information")
        assert "forced: branch" in proposal.why

    def test_a_branch_that_is_not_there_is_handed_over(self) -> None:
        assert bank.pipeline().replay(self.fixture, Forced(branch="gone")).reply.template == "handover"

    def test_fields_are_fetched_by(self) -> None:
        fields = {"account": {"account_number": ["KTR09999"]}}
        assert [one.id for one in bank.pipeline().replay(self.fixture, Forced(fields=fields)).records] == [
            "a388"
        ]

    def test_only_a_candidate_can_be_forced(self) -> None:
        with pytest.raises(BadInput, match="a388"):
            bank.pipeline().replay(self.fixture, Forced(records=("a388",)))

    def test_many_are_as_one_by_one(self) -> None:
        ours = bank.pipeline()
        forced = [
            Forced(),
            Forced(leaf="transfer_failed"),
            Forced(records=()),
            Forced(branch="none"),
            Forced(tools=(NOTE,)),
        ]
        pairs = [(self.fixture, one) for one in forced]
        assert ours.replay_many(pairs) == [ours.replay(*pair) for pair in pairs]
        assert ours.replay_many([]) == ours.propose([]) == []


class TestRemoteSources:
    remote = FetchRules(
        {"accounts": Source("accounts", "http", "account_id", {"account_id": "string", "branch": "string"})},
        (Signal("account.branch", "accounts", "branch", 4),),
        4,
    )

    def test_a_fixture_needs_no_source(self) -> None:
        fixture = Fixture(Ticket("T", "locked in Riverton"), None, {"accounts": bank.ACCOUNTS})
        proposal = bank.pipeline(fetch=self.remote, records={}).replay(fixture)
        assert [one.id for one in proposal.records] == ["a1"]

    def test_a_live_proposal_asks_the_source(self) -> None:
        from tests.unit.pipeline.test_fetch import RemoteSource

        source = RemoteSource(bank.ACCOUNTS, "account_id")
        workspace = bank.workspace(fetch=self.remote, records={})
        live = compile_pipeline(workspace, NoCache(), sources={"accounts": source})
        ticket = Ticket("T", "locked in Riverton")
        (proposal,) = live.propose([ticket])
        assert [one.id for one in proposal.records] == ["a1"]
        assert source.asked == 1
        assert live.replay(proposal.fixture(ticket)) == proposal

    def test_without_the_source_it_is_named(self) -> None:
        with pytest.raises(BadInput, match="accounts"):
            bank.pipeline(fetch=self.remote, records={}).propose([Ticket("T", "x")])
