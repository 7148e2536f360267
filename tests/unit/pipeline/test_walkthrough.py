"""The four stories of the walkthrough at the pipeline: replay explains, and the edit then does it."""

from dataclasses import replace

from fixloop.pipeline.fixture import Fixture, Forced
from fixloop.pipeline.ticket import Ticket
from fixloop.workspace.model import Branch, Template
from tests.unit.pipeline import bank

LOCKED = Ticket("T-1042", "Our account number is KTRO5821, we can no longer access it")
ACCOUNT = {"account_id": "a1", "account_number": "KTR05821", "fraud_flag": True, "branch": "Riverton"}
FIXTURE = Fixture(
    LOCKED,
    {"account": {"account_number": ("KTRO5821", "KTR05821")}},
    {"accounts": (ACCOUNT,)},
)


class TestAMissingBranch:
    def test_the_fixture_reproduces_what_staff_saw(self) -> None:
        proposal = bank.pipeline().replay(FIXTURE)
        assert proposal.leaf == "account_locked"
        assert proposal.fields == {"account": {"account_number": ("KTRO5821", "KTR05821")}}
        assert [record.id for record in proposal.records] == ["a1"]
        assert (proposal.branch, proposal.reply.text) == ("b-9e1c", "Please visit Riverton.")
        assert not proposal.needs_review

    def test_forcing_the_action_explains_the_rejection(self) -> None:
        forced = Forced(reply="security_escalation", tools=(bank.ESCALATE,))
        proposal = bank.pipeline().replay(FIXTURE, forced)
        assert proposal.reply.template == "security_escalation"
        assert [(tool.name, tool.args) for tool in proposal.tools] == [
            ("escalate_to_security", {"account_id": "a1"})
        ]
        assert proposal.needs_review

    def test_forcing_no_record_asks_for_the_account(self) -> None:
        proposal = bank.pipeline().replay(FIXTURE, Forced(records=()))
        assert (proposal.branch, proposal.records) == ("none", ())

    def test_with_the_new_branch_the_case_passes_and_near_misses_keep_their_answer(self) -> None:
        none, several, default = bank.UNLOCK
        fixed = bank.pipeline(plan_trees={"account_locked": bank.tree(none, several, bank.FRAUD, default)})

        def reply(*records: dict[str, object]) -> str:
            rows = [{"branch": "Riverton", **record} for record in records]
            return fixed.plan("account_locked", {}, rows).reply.template

        assert reply({"account_id": "a1", "fraud_flag": True}) == "security_escalation"
        assert reply({"account_id": "a1", "fraud_flag": False}) == "unlock_instructions"
        assert reply({"account_id": "a1"}) == "unlock_instructions"
        both = {"account_id": "a1", "fraud_flag": True}, {"account_id": "a2", "fraud_flag": True}
        assert reply(*both) == "ask_which_account"
        assert fixed.replay(FIXTURE).branch == "fraud"


class TestAWrongWeight:
    fields = {"people": {"given_name": ["Alex"]}, "account": {"account_number": ["KTR05821"]}}  # noqa: RUF012

    def test_a_namesake_ties_with_the_account_named(self) -> None:
        heavy = bank.pipeline(fetch=bank.fetch_rules(given_name=5))
        assert [one.id for one in heavy.fetch(self.fields).records] == ["a1", "a388"]

    def test_forcing_the_right_record_replays_the_plan_for_it(self) -> None:
        heavy = bank.pipeline(fetch=bank.fetch_rules(given_name=5))
        ticket = Ticket("T-2", "KTR05821 is locked, greetings, Alex")
        (before,) = heavy.propose([ticket])
        assert before.branch == "several"
        after = heavy.replay(before.fixture(ticket), Forced(records=("a1",)))
        assert (after.branch, [record.id for record in after.records]) == ("b-9e1c", ["a1"])

    def test_with_the_smaller_weight_the_right_record_wins(self) -> None:
        found = bank.pipeline().fetch(self.fields, {"accounts": bank.ACCOUNTS})
        assert [one.id for one in found.records] == ["a1"]
        assert (found.top_score, found.margin) == (5, 4)


class TestAClusterOfOther:
    ticket = Ticket("T-3", "payment holiday!!")

    def test_no_leaf_is_handed_over(self) -> None:
        (proposal,) = bank.pipeline().propose([self.ticket])
        assert (proposal.leaf, proposal.branch, proposal.reply.template) == ("other", None, "handover")
        assert proposal.needs_review

    def test_a_new_leaf_has_its_own_tree(self) -> None:
        trees = {"payment_holiday": bank.tree(Branch("hand", None, "handover"), leaf="payment_holiday")}
        grown = bank.pipeline(intents=bank.dag("payment_holiday"), plan_trees=trees)
        proposal = grown.replay(Fixture(self.ticket, {}, {}), Forced(leaf="payment_holiday"))
        assert proposal.path == ("payments", "payment_holiday")
        assert (proposal.branch, proposal.needs_review) == ("hand", False)


class TestAnOutdatedTemplate:
    rows = {"accounts": (ACCOUNT | {"hotline": "0800 1234"},)}  # noqa: RUF012
    new_text = "Please call {{ record.hotline }}."

    def test_a_forced_text_explains_the_corrected_reply(self) -> None:
        fixture = replace(FIXTURE, rows=self.rows)
        proposal = bank.pipeline().replay(fixture, Forced(template_text=self.new_text))
        assert proposal.reply.template == "unlock_instructions"
        assert "call 0800 1" in proposal.reply.text
        assert "visit" not in proposal.reply.text

    def test_the_edit_reaches_one_language_only(self) -> None:
        texts = {**bank.templates()["unlock_instructions"].texts, "en": self.new_text}
        edited = {**bank.templates(), "unlock_instructions": Template("unlock_instructions", "", texts)}
        fixed = bank.pipeline(templates=edited)
        german = replace(FIXTURE, rows=self.rows, ticket=replace(LOCKED, language="de"))
        assert fixed.replay(replace(FIXTURE, rows=self.rows)).reply.text == "Please call 0800 1234."
        assert fixed.replay(german).reply.text == "Bitte besuchen Sie Riverton."


def test_a_person_sees_at_once_why() -> None:
    none, several, default = bank.UNLOCK
    fraud = bank.tree(none, several, bank.FRAUD, default)
    (proposal,) = bank.pipeline(plan_trees={"account_locked": fraud}).propose([LOCKED])
    assert proposal.to_json()["why"] == [
        "intent: account_access > account_locked (0.90)",
        'account.account_number: "KTRO5821" by pattern \\b[A-Z]{3,4}[0-9O]{4,5}\\b, '
        '"KTR05821" by confusable with KTRO5821',
        "record a1: score 5 from account.account_number=KTR05821 (+5)",
        "record: 1 selected; top score 5, margin 5, threshold 4",
        "branch fraud: record.fraud_flag = true",
        'tool escalate_to_security {"account_id": "a1"}',
        "review: escalate_to_security has side effects",
    ]


def test_the_json_of_a_proposal_has_the_documented_keys() -> None:
    (proposal,) = bank.pipeline().propose([LOCKED])
    assert proposal.to_json() == {
        "ticket_id": "T-1042",
        "workspace": "c0ffee",
        "leaf": "account_locked",
        "path": ["account_access", "account_locked"],
        "scores": {"account_locked": 0.9},
        "fields": {"account": {"account_number": ["KTRO5821", "KTR05821"]}},
        "rows": {"accounts": [bank.ACCOUNTS[0]], "cards": [bank.CARDS[0]]},
        "records": [{"id": "a1", "score": 5.0, "matched": ["account.account_number=KTR05821 (+5)"]}],
        "branch": "b-9e1c",
        "reply": {"template": "unlock_instructions", "text": "Please visit Riverton."},
        "tools": [],
        "needs_review": False,
        "why": list(proposal.why),
    }
