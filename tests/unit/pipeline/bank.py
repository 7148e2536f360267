"""The bank of the walkthrough, stated as the values a workspace loads to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.ports.cache import NoCache
from fixloop.workspace.model import (
    Branch,
    Config,
    Engines,
    FetchRules,
    FieldRule,
    Intent,
    IntentDag,
    LeafId,
    PlanTree,
    Signal,
    Source,
    Template,
    Test,
    Tool,
    ToolCall,
    Workspace,
)

ACCOUNT_NUMBER = r"\b[A-Z]{3,4}[0-9O]{4,5}\b"

ACCOUNTS = (
    {
        "account_id": "a1",
        "account_number": "KTR05821",
        "branch": "Riverton",
        "holders": [{"given_name": "Sam"}],
        "fraud_flag": True,
        "hotline": "0800 1234",
    },
    {
        "account_id": "a388",
        "account_number": "KTR09999",
        "branch": "St. Ives",
        "holders": [{"given_name": "Alex"}, {"given_name": "Kim"}],
        "fraud_flag": False,
        "hotline": "0800 1234",
        "secret": "never leaves the source",
    },
    {
        "account_id": "a3",
        "account_number": "NSB01234",
        "branch": "New York",
        "holders": [{"given_name": "José"}],
    },
)
CARDS = ({"account_id": "a1", "card_last_four": "4711"}, {"account_id": "a3", "card_last_four": "0815"})

ESCALATE = ToolCall("escalate_to_security", {"account_id": "{{ record.account_id }}"})
FRAUD = Branch("fraud", Test("record.fraud_flag", "eq", True), "security_escalation", (ESCALATE,))
UNLOCK = (
    Branch("none", Test("fetched.count", "eq", 0), "request_account_information"),
    Branch("several", Test("fetched.count", "gt", 1), "ask_which_account"),
    Branch("b-9e1c", None, "unlock_instructions"),
)


class KeywordEngine:
    """Step one for tests: the first word that a leaf knows decides."""

    version = "1"
    deterministic = True
    words: Mapping[str, str] = {
        "access": "account_locked",
        "locked": "account_locked",
        "transfer": "transfer_failed",
    }

    def classify(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        return [self._leaf(text.casefold()) for text in texts]

    def _leaf(self, text: str) -> tuple[str, float]:
        return next(((leaf, 0.9) for word, leaf in self.words.items() if word in text), ("other", 0.1))


def keywords(config: Config) -> KeywordEngine:
    return KeywordEngine()


def accounts_source() -> Source:
    fields = {name: "string" for name in ("account_id", "account_number", "branch", "hotline")}
    return Source("accounts", "jsonl", "account_id", {**fields, "holders": "list", "fraud_flag": "boolean"})


def cards_source() -> Source:
    return Source("cards", "jsonl", "account_id", {"account_id": "string", "card_last_four": "string"})


def signals(given_name: float = 1) -> tuple[Signal, ...]:
    return (
        Signal("account.account_number", "accounts", "account_number", 5),
        Signal("people.given_name", "accounts", "holders.given_name", given_name),
        Signal("account.branch", "accounts", "branch", 2),
        Signal("card.last_four", "cards", "card_last_four", 3),
    )


def fetch_rules(**weights: float) -> FetchRules:
    return FetchRules({"accounts": accounts_source(), "cards": cards_source()}, signals(**weights), 4)


def rules() -> tuple[FieldRule, ...]:
    return (
        FieldRule("account", "account_number", (ACCOUNT_NUMBER,), variants="confusable"),
        FieldRule("account", "branch", values_from="accounts.branch"),
        FieldRule("people", "given_name", values_from="accounts.holders.given_name"),
        FieldRule("card", "last_four", (r"ending (\d{4})\b",)),
    )


def dag(*extra: str) -> IntentDag:
    payments = ("transfer_failed", *extra)
    parents = {"account_access": ("account_locked",), "payments": payments}
    intents = {name: Intent(name, "", children) for name, children in parents.items()}
    intents |= {leaf: Intent(leaf) for leaf in ("account_locked", *payments)}
    return IntentDag(("account_access", "payments"), intents, {"root": 0.3})


def templates() -> dict[str, Template]:
    texts: dict[str, dict[str, str]] = {
        "request_account_information": {"en": "Which account?", "de": "Welches Konto?"},
        "ask_which_account": {"": "Which of your {{ fetched.count }} accounts?"},
        "security_escalation": {"": "We are looking into it."},
        "unlock_instructions": {
            "en": "Please visit {{ record.branch }}.",
            "de": "Bitte besuchen Sie {{ record.branch }}.",
        },
        "handover": {"": "A colleague will answer you."},
    }
    return {name: Template(name, "", found) for name, found in texts.items()}


def tree(*branches: Branch, leaf: str = "account_locked") -> PlanTree:
    return PlanTree(LeafId(leaf), f"plan_trees/{leaf}.yaml", branches)


def workspace(**changes: Any) -> Workspace:
    engines = Engines(intent="python:tests.unit.pipeline.bank:keywords")
    bank = Workspace(
        config=Config(engines=engines, fallback_reply="handover"),
        intents=dag(),
        examples={},
        extraction=rules(),
        fetch=fetch_rules(),
        plan_trees={"account_locked": tree(*UNLOCK)},
        templates=templates(),
        tools={"escalate_to_security": Tool("escalate_to_security", side_effects=True), "note": Tool("note")},
        records={"accounts": ACCOUNTS, "cards": CARDS},
    )
    return replace(bank, **changes)


def pipeline(**changes: Any) -> Pipeline:
    return compile_pipeline(workspace(**changes), NoCache(), workspace_id="c0ffee")
