"""Fixes of the small bank, approved without a proposer: what the queue is tested with."""

from collections.abc import Mapping
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.hints.model import Hint, Moves, fingerprint
from fixloop.hints.operation import Operation

ALEX_BLANK = {
    "id": "pip-alex",
    "ticket": {"id": "P-1", "text": "login fails with a blank screen, this is Alex"},
    "expect": {"leaf": "login_problem", "reply": "request_account_information"},
}
"""A pipeline case of the small bank: nobody is found by a given name alone."""


def fix(
    step: str, target: str, operations: list[dict[str, Any]], case: Mapping[str, Any], **more: Any
) -> Hint:
    """A hint with one case of its own."""
    return Hint(
        step=step,
        kind=operations[0]["op"],
        target=target,
        summary=f"{operations[0]['op']} at {target}",
        evidence=("fb-0000000000000001",),
        operations=tuple(Operation.from_json(one) for one in operations),
        cases=(case,),
        fingerprint=fingerprint(step, target, operations[0]["op"], case["expect"]),
        **more,
    ).named_cases()


def ask_which(leaf: str = "login_problem") -> Hint:
    """Ask which account it is where several fit; it moves no ticket of one account or none."""
    branch = {"when": {"fetched.count": {"gt": 1}}, "reply": "ask_which_account"}
    path = f"plan_trees/{leaf}.yaml"
    case = {
        "suite": "plan",
        "leaf": leaf,
        "records": [{"account_id": "a1", "hotline": "1"}, {"account_id": "a2", "hotline": "2"}],
        "expect": {"reply": "ask_which_account"},
    }
    before = first_branch(leaf)
    return fix("plan", path, [{"op": "add_branch", "leaf": leaf, "before": before, "branch": branch}], case)


def fraud_branch() -> Hint:
    """A flagged account goes to the security desk; for a tree of locked accounts that forgets it."""
    branch = {
        "when": {"record.fraud_flag": True},
        "reply": "security_escalation",
        "tools": [{"name": "escalate_to_security", "args": {"account_id": "{{ record.account_id }}"}}],
    }
    case = {
        "suite": "plan",
        "leaf": "account_locked",
        "records": [{"account_id": "a1", "account_number": "KTR05821", "fraud_flag": True, "hotline": "1"}],
        "expect": {"reply": "security_escalation"},
    }
    operation = {"op": "add_branch", "leaf": "account_locked", "before": "default", "branch": branch}
    return fix("plan", "plan_trees/account_locked.yaml", [operation], case)


def first_branch(leaf: str) -> str:
    """The id of the branch for no account, or for anything but one."""
    from tests.support.worlds import build_workspace

    return build_workspace().plan_trees[leaf].branches[0].id


def given_names_count() -> Hint:
    """A given name alone finds an account."""
    signal = {"field": "people.given_name", "source": "accounts", "match": "holders.given_name"}
    case = {"suite": "fetch", "fields": {"people": {"given_name": ["Dee"]}}, "expect": {"records": ["a4"]}}
    operation = {"op": "set_weight", "signal": signal, "was": 3, "to": 4}
    return fix("fetch", "workspace/fetch.yaml#people.given_name", [operation], case, moves=ANYWHERE)


def branch_weighs(to: int = 4) -> Hint:
    """A branch alone finds the accounts there."""
    signal = {"field": "account.branch", "source": "accounts", "match": "branch"}
    case = {
        "suite": "fetch",
        "fields": {"account": {"branch": ["Easton"]}},
        "expect": {"records": ["a3", "a4"]},
    }
    operation = {"op": "set_weight", "signal": signal, "was": 2, "to": to}
    return fix("fetch", "workspace/fetch.yaml#account.branch", [operation], case, moves=ANYWHERE)


ANYWHERE = Moves((), (), 0)


def other_words(was: str = "Please check", to: str = "Do check") -> Hint:
    """Other words for a failed transfer."""
    case = {
        "suite": "plan",
        "leaf": "transfer_failed",
        "records": [],
        "expect": {"reply": {"template": "transfer_help", "contains": [to]}},
    }
    operation = {"op": "edit_template", "template": "transfer_help", "was": was, "to": to}
    return fix("template", "workspace/templates.yaml#transfer_help.text", [operation], case)


def teach(leaf: str, text: str, asked: str) -> Hint:
    """One more example, and a text that it answers."""
    path = f"workspace/examples/{leaf}.jsonl"
    case = {"suite": "intent", "text": asked, "expect": leaf}
    return fix("intent", path, [{"op": "add_example", "leaf": leaf, "text": text}], case)


def approve_fixes(desk: Desk, *hints: Hint) -> None:
    """Put hints on the record, approved by one person."""
    ground = desk.ground("ann@bank")
    events = [ground.event("proposed", hint, digest=hint.digest) for hint in hints]
    events += [ground.event("approved", hint, digest=hint.digest) for hint in hints]
    ground.record(events, "hints", hints=list(hints))
