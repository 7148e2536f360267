"""Dossiers in sight, and pages read as a browser and a screen reader would."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

from fixloop.commands.report import History, Reported
from fixloop.errors import Place
from fixloop.evals.case import Case
from fixloop.evals.compare import compare_reports
from fixloop.evals.coverage import BranchCoverage, Coverage
from fixloop.evals.result import FAIL, PASS, CaseResult, EvalReport, SuiteReport
from fixloop.feedback.model import Feedback
from fixloop.feedback.moves import Move, Shift
from fixloop.gate.verdict import Check, Verdict
from fixloop.hints.ledger import Event
from fixloop.hints.model import Hint, Measured
from fixloop.mutants.mutant import EdgeEdit, Mutant
from fixloop.mutants.report import GuardReport, Killer, Outcome
from fixloop.workspace.model import Config, FetchRules, Intent, IntentDag, Workspace

TREE, BASE, HEAD = "c" * 40, "a" * 40, "b" * 40


def plan_result(name: str, outcome: str = PASS, got: str = "handover", **more: Any) -> CaseResult:
    """One plan case of leaf `fees` that expects the reply `handover`."""
    spec = {"id": name, "leaf": "fees", "expect": {"reply": "handover"}}
    case = Case("plan", name, spec, "evals/plan/fees.yaml", 1, 3)
    trace = {"reply": outcome == PASS, "way": ["fees", "b-1"]}
    step = "plan" if outcome == FAIL else ""
    return CaseResult(case, outcome, {"reply": {"template": got, "text": ""}}, step, trace=trace, **more)


def intent_result(name: str, text: str, wanted: str, got: str) -> CaseResult:
    """One intent case and what was chosen."""
    case = Case("intent", name, {"id": name, "text": text, "expect": wanted}, "evals/intent/a.jsonl", 1, 1)
    outcome = PASS if wanted == got else FAIL
    return CaseResult(case, outcome, got, "" if wanted == got else "intent", trace={"raw": got, "score": 0.5})


def report_of(**suites: list[CaseResult]) -> EvalReport:
    """A report of these results."""
    return EvalReport({name: SuiteReport(name, tuple(results), "test/1") for name, results in suites.items()})


def workspace_of(children: Mapping[str, tuple[str, ...]]) -> Workspace:
    """A workspace that is nothing but its intents."""
    leaves = [leaf for below in children.values() for leaf in below if leaf not in children]
    names = [*(name for name in children if name != "root"), *dict.fromkeys(leaves)]
    intents = {name: Intent(name, "", children.get(name, ())) for name in names}
    return Workspace(Config(), IntentDag(children["root"], intents), {}, (), FetchRules(), {}, {}, {})


def merge_dossier(evil: str = "", check: Check | None = None) -> Reported:
    """A refused merge in which every text that somebody else could have written is `evil`."""
    before = report_of(
        plan=[plan_result("p-1"), plan_result("p-2"), plan_result(f"p-3{evil}", FAIL, f"other{evil}")],
        intent=[intent_result("i-1", f"why{evil}", "fees", "fees")],
    )
    after = report_of(
        plan=[
            plan_result("p-1", FAIL, f"refund{evil}"),
            plan_result("p-2"),
            plan_result(f"p-3{evil}", FAIL, f"other{evil}"),
        ],
        intent=[intent_result("i-1", f"why{evil}", "fees", f"other{evil}")],
    )
    suites = compare_reports(before, after)
    # A hint with half a surrogate has no id, so there is none.
    named = evil.encode("utf-8", "replace").decode()
    hint = Hint(
        "plan",
        "set_reply",
        f"plan_trees/fees.yaml{named}",
        f"fees: say it{named}",
        ("fb-1",),
        measured=Measured(BASE, 1, 1, (), 1, 2),
    )
    checks = (
        Check("structure", "pass", "1 leaf"),
        Check("regressions", "fail", f"plan: 1 case broke{evil}", ("p-1", f"p-9{evil}")),
        Check("held_out", "fail", "the held-out set says no", ("SECRET-CASE",)),
        *([check] if check else []),
    )
    return Reported(
        title=f"work{evil} into main",
        report=after,
        before=before,
        verdict=Verdict(BASE, HEAD, TREE, "fix", checks, suites, hint.id),
        suites=suites,
        workspace=workspace_of({"root": ("money",), "money": ("fees", "refunds")}),
        diffs={
            f"plan_trees/fees{evil}.yaml": f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n---- was{evil}\n+++++ is{evil}\n",
            "README.md": "",
        },
        hint=hint,
        evidence=(_said("fb-1", evil),),
        shift=Shift(
            2,
            (Move("fb-1", f"why{evil}", "plan", "fees/b-1", f"fees/b-2{evil}"),),
            {"fees": 2},
            {"fees": 2},
        ),
        history=History(
            (Event("2026-11-21T08:00:00Z", f"ann{evil}", "merged", "h-1", tree=TREE),),
            (_said("fb-1", evil), _said("fb-2", evil)),
            {TREE: {"tree": TREE, "suites": {"plan": {"aligned": 3, "passed": {"base": 2, "head": 3}}}}},
            {"h-1": f"it{evil}"},
        ),
    )


def guarded_dossier() -> Reported:
    """The merge with coverage and faults, so that every part of the page is there."""
    coverage = Coverage(
        (
            BranchCoverage("fees", "b-1", Place("plan_trees/fees.yaml", 3, 5), 2, 1),
            BranchCoverage("refunds", "b-2", Place("plan_trees/refunds.yaml", 3, 5), 0, 0),
        ),
        {"fees": 3, "refunds": 0},
    )
    mutant = Mutant("drop", "plan", "fees", "plan_trees/fees.yaml#b-1", "b-1 is gone", EdgeEdit("a", "b"))
    other = replace(mutant, summary="b-1 answers other")
    guard = GuardReport(
        (Outcome(mutant, "p-1"), Outcome(other, "", "p-2", Killer({"suite": "plan"}, "a ticket"))),
        {"fees": 3},
    )
    return replace(merge_dossier(), coverage=coverage, guard=guard)


def _said(name: str, evil: str) -> Feedback:
    ticket = {"id": f"T{evil}", "text": f"why{evil}"}
    return Feedback(name, "native", ticket, "rejected", f"no{evil}", f"staff{evil}", "2026-11-20T08:00:00Z")


# --- a page as it is read -------------------------------------------------------------------------------

VOID = frozenset({"meta", "br", "hr", "img", "input", "link", "rect", "circle", "path", "polyline"})


@dataclass
class Element:
    """One element with its attributes and all words below it."""

    tag: str
    attributes: dict[str, str]
    above: tuple[str, ...]
    words: list[str] = field(default_factory=list)
    inside: list["Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words, joined."""
        return "".join(self.words)


class PageReader(HTMLParser):
    """Every element in order; tags that are not closed properly are told in `faults`."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.faults: list[str] = []
        self._open: list[Element] = []
        self.feed(page)
        self.close()
        self.faults += [f"{one.tag} is left open" for one in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len({name for name, _ in attrs}) != len(attrs):
            self.faults.append(f"{tag} has an attribute twice")
        element = Element(
            tag, {name: value or "" for name, value in attrs}, tuple(one.tag for one in self._open)
        )
        self.elements.append(element)
        for one in self._open:
            one.inside.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1].tag == tag:
            self._open.pop()
        elif tag not in VOID:
            self.faults.append(f"{tag} is closed inside {[one.tag for one in self._open]}")

    def handle_data(self, data: str) -> None:
        for one in self._open:
            one.words.append(data)

    def of(self, *tags: str) -> list[Element]:
        """The elements with one of these tags."""
        return [one for one in self.elements if one.tag in tags]
