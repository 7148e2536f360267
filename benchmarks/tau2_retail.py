"""A shop's customers and orders found, and the right tool named: tau2-bench's retail scenarios as tickets.

    python benchmarks/tau2_retail.py DATA [--only even|odd] [--failures] [--cross] [--own]

DATA/tau2_retail holds users.jsonl (500), orders.jsonl (1,000) and tasks.jsonl (74) of the repository
sierra-research/tau2-bench (MIT). The workspace is benchmarks/tau2_retail/ with those records copied in; a
ticket is a scenario's reason for the call and what the customer knows. It was written looking at scenarios of
even ids only; the odd ones are unseen, and `--cross` and `--own` measure changes without
them. docs/benchmarks.md says what counts as identifiable, and as right.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from everyday_names import with_everyday_names

from fixloop.adapters.work_tree import read_work_tree
from fixloop.evals.compare import wilson_interval
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.features import COLUMNS, extract
from fixloop.pipeline.intent import try_folds
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.ticket import Ticket
from fixloop.ports.cache import NoCache
from fixloop.workspace.load import inspect_workspace
from fixloop.workspace.model import Workspace, is_other

PARTS = Path(__file__).with_name("tau2_retail")
FILES = ("users.jsonl", "orders.jsonl", "tasks.jsonl")
WRITES = frozenset(
    (
        "cancel_pending_order",
        "modify_pending_order_items",
        "modify_pending_order_address",
        "modify_pending_order_payment",
        "return_delivered_order_items",
        "exchange_delivered_order_items",
        "modify_user_address",
    )
)
"""The tools that change the shop's records; handing a conversation over changes none."""

OWN = PARTS / "scenarios.jsonl"
"""Scenarios of our own about users of whom none of tau2-bench's is, with the tools that solve them.

Five authors wrote them. `half` is `tune` for what was tuned on, `test` for what was kept unread, `late` for
what was written when the workspace was done.
"""

ASKED = PARTS / "asked.jsonl"
"""How many kinds of change each scenario of tau2-bench asks for: two readers of the texts alone counted.

Of the tools' seven kinds and "none of these"; a second choice and a wish given up in the text count, a mere
question does not, nor does whether what was ordered has arrived. They saw no solving calls and no pipeline.
"""

NEAREST = 5
"""How many examples a scenario is answered without in `--cross`, in case some were written after it."""

Json = Mapping[str, Any]


# --- the data -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shop:
    """The records, and whom a text or a tool call names: looked up here by itself, not by the pipeline."""

    users: tuple[Json, ...]
    orders: tuple[Json, ...]

    @cached_property
    def buyer(self) -> Mapping[str, str]:
        """Order number to user id."""
        return {order["order_id"]: order["user_id"] for order in self.orders}

    @cached_property
    def by_email(self) -> Mapping[str, str]:
        """E-mail address to user id."""
        return {user["email"].casefold(): user["user_id"] for user in self.users}

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every user id."""
        return frozenset(user["user_id"] for user in self.users)

    def named_in(self, text: str) -> frozenset[str]:
        """The users whom a text identifies: order number, e-mail, user id, or full name and zip code."""
        numbers = ("#W" + number for number in re.findall(r"(?<!\w)[Ww](\d{7})(?!\w)", text))
        found = {self.buyer[number] for number in numbers if number in self.buyer}
        emails = re.findall(r"[\w.+-]+@[\w-]+\.[\w.-]*\w", text.casefold())
        found |= {self.by_email[email] for email in emails if email in self.by_email}
        words = frozenset(re.findall(r"\w+", text))
        found |= words & self.ids
        for user in self.users:
            if user["address"]["zip"] in words and re.search(rf"\b{full_name(user)}\b", text, re.IGNORECASE):
                found.add(user["user_id"])
        return frozenset(found)

    def called(self, action: Json) -> str | None:
        """The user whom one of the solving tool calls is about, if it says."""
        given = action["arguments"]
        if action["name"] == "find_user_id_by_email":
            return self.by_email.get(given["email"].casefold())
        if action["name"] == "find_user_id_by_name_zip":
            wanted = (given["first_name"], given["last_name"], given["zip"])
            return next((user["user_id"] for user in self.users if name_and_zip(user) == wanted), None)
        if "order_id" in given:
            return self.buyer.get(given["order_id"])
        return str(given["user_id"]) if "user_id" in given else None


@dataclass(frozen=True)
class Scenario:
    """One ticket, what was done to solve it, and about whom."""

    id: str
    text: str
    called: frozenset[str]
    named: frozenset[str]
    writes: frozenset[str]
    kinds: tuple[int, ...] = ()
    """How many kinds of change it asks for, as each reader counted."""

    @property
    def asks_one_thing(self) -> bool:
        """Every reader counted one kind of change, and one tool solved it."""
        return set(self.kinds) == {1} and len(self.writes) == 1

    @property
    def user(self) -> str | None:
        """The true user: of the solving calls; where those name nobody, of the text."""
        known = self.called or self.named
        return next(iter(known)) if len(known) == 1 else None

    @property
    def identifiable(self) -> bool:
        """The text by itself singles out one user, the true one."""
        return len(self.named) == 1 and self.user in self.named


def full_name(user: Json) -> str:
    return f"{user['name']['first_name']} {user['name']['last_name']}"


def name_and_zip(user: Json) -> tuple[str, str, str]:
    return (user["name"]["first_name"], user["name"]["last_name"], user["address"]["zip"])


def read_lines(path: Path) -> tuple[Json, ...]:
    return tuple(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def read_scenarios(tasks: Sequence[Json], shop: Shop) -> list[Scenario]:
    kinds = {row["id"]: tuple(row["kinds"]) for row in read_lines(ASKED)}
    found = []
    for task in tasks:
        told = task["user_scenario"]["instructions"]
        text = "\n".join(told[key] for key in ("reason_for_call", "known_info") if told.get(key))
        actions = task["evaluation_criteria"]["actions"] or []
        users = {user for action in actions if (user := shop.called(action))}
        writes = frozenset(action["name"] for action in actions) & WRITES
        named, asked = shop.named_in(text), kinds.get(task["id"], ())
        found.append(Scenario(task["id"], text, frozenset(users), named, writes, asked))
    return found


# --- the workspace --------------------------------------------------------------------------------------


def load_shop(data: Path, folder: Path) -> Workspace:
    """The workspace with its records in a folder, checked as any other."""
    shutil.copytree(PARTS, folder, dirs_exist_ok=True)
    records = folder / "workspace/records"
    records.mkdir()
    shutil.copyfile(data / "users.jsonl", records / "users.jsonl")
    orders = [with_everyday_names(order, PARTS) for order in read_lines(data / "orders.jsonl")]
    (records / "orders.jsonl").write_text("".join(json.dumps(one) + "\n" for one in orders), encoding="utf-8")
    inspection = inspect_workspace(read_work_tree(folder))
    for problem in inspection.problems:
        print(f"{problem.severity}: {problem.place}: {problem.message}; {problem.mend}")
    if inspection.workspace is None or inspection.problems:
        raise SystemExit("the workspace is not check-clean")
    return inspection.workspace


# --- the results ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """A scenario and what the pipeline made of it."""

    scenario: Scenario
    proposal: Proposal

    @property
    def selected(self) -> tuple[str, ...]:
        """The ids of the selected records."""
        return tuple(record.id for record in self.proposal.records)

    @property
    def right_user(self) -> bool:
        """The true user is the one selected record."""
        return self.selected == (self.scenario.user,)

    @property
    def wrong_user(self) -> bool:
        """The one selected record is somebody else's."""
        return len(self.selected) == 1 and not self.right_user

    @property
    def tools(self) -> frozenset[str]:
        """The tools that the plan names."""
        return frozenset(call.name for call in self.proposal.tools)

    @property
    def right_tool(self) -> bool:
        """Exactly the tools that wrote when the scenario was solved."""
        return self.tools == self.scenario.writes


def answer_each(pipeline: Pipeline, scenarios: Sequence[Scenario]) -> list[Answer]:
    proposals = pipeline.propose([Ticket(one.id, one.text) for one in scenarios])
    return [Answer(one, proposal) for one, proposal in zip(scenarios, proposals, strict=True)]


def share(hits: int, total: int) -> str:
    if not total:
        return "–"
    low, high = wilson_interval(hits, total)
    return f"{hits}/{total} ({hits / total:.0%}) [{low:.0%}, {high:.0%}]"


def report(name: str, answers: Sequence[Answer]) -> None:
    identifiable = [answer for answer in answers if answer.scenario.identifiable]
    single = [answer for answer in answers if len(answer.scenario.writes) == 1]
    several = [answer for answer in answers if len(answer.scenario.writes) > 1]
    plain = [answer for answer in answers if answer.scenario.asks_one_thing]
    selected = [answer for answer in answers if len(answer.selected) == 1]
    rows = {
        "scenarios": f"{len(answers)}, {len(identifiable)} identifiable",
        "right user, of the identifiable": share(
            sum(one.right_user for one in identifiable), len(identifiable)
        ),
        "wrong user, of all": share(sum(one.wrong_user for one in answers), len(answers)),
        "no user or a tie, of all": f"{len(answers) - len(selected)}/{len(answers)}",
        "right tool, where one thing is asked": share(sum(one.right_tool for one in plain), len(plain)),
        "right tool, where one solved it": share(sum(one.right_tool for one in single), len(single)),
        "one of the tools, where several did": share(
            sum(bool(one.tools) and one.tools <= one.scenario.writes for one in several), len(several)
        ),
    }
    print(f"\n{name}")
    for row, value in rows.items():
        print(f"  {row:37} {value}")


def report_failures(answers: Sequence[Answer]) -> None:
    """Which scenarios went wrong, without their texts."""
    for one in answers:
        missed = one.scenario.identifiable and not one.right_user
        if missed or one.wrong_user:
            print(f"  scenario {one.scenario.id}: selected {one.selected}, not {one.scenario.user}")
        if len(one.scenario.writes) == 1 and not one.right_tool:
            wanted, named = ", ".join(one.scenario.writes), ", ".join(one.tools) or "no tool"
            print(f"  scenario {one.scenario.id}: {one.proposal.leaf} names {named}, not {wanted}")


# --- the tool choice without what was written for it ---------------------------------------------------


def without_nearest(workspace: Workspace, text: str) -> Workspace:
    """The workspace without the examples most like a text: by the cosine of the intent engine's features."""
    texts = [one.text for examples in workspace.examples.values() for one in examples]
    features, asked = extract(texts), extract([text])
    weights = np.zeros(COLUMNS)
    weights[asked.ids] = asked.weights
    likeness = np.bincount(features.owners(), features.weights * weights[features.ids], len(texts))
    dropped = {texts[place] for place in np.argsort(-likeness, kind="stable")[:NEAREST]}
    kept = {
        leaf: tuple(one for one in examples if one.text not in dropped)
        for leaf, examples in workspace.examples.items()
    }
    return replace(workspace, examples=kept)


def answer_without_nearest(workspace: Workspace, scenarios: Sequence[Scenario]) -> list[Answer]:
    """Each scenario answered by a model that lacks the examples most like it."""
    return [
        answer
        for one in scenarios
        for answer in answer_each(compile_pipeline(without_nearest(workspace, one.text), NoCache()), [one])
    ]


def report_cross(workspace: Workspace, scenarios: Sequence[Scenario]) -> None:
    """Each scenario without its nearest examples, and each example by a model of the other folds."""
    answers = answer_without_nearest(workspace, scenarios)
    report(f"even ids, each without the {NEAREST} examples nearest to it", answers)
    report_failures(answers)
    examples = {leaf: [one.text for one in found] for leaf, found in workspace.examples.items()}
    tried = [
        (one.label, one.answer.raw_leaf)
        for one in try_folds(workspace.intents.children, examples)
        if not is_other(one.label)
    ]
    print("\nexamples, each by a model of the other folds")
    print(f"  {'right leaf':37} {share(sum(leaf == named for leaf, named in tried), len(tried))}")
    for (leaf, named), count in Counter(tried).most_common():
        if leaf != named:
            print(f"  {leaf} as {named}: {count}")


# --- scenarios of our own -------------------------------------------------------------------------------


def report_own(workspace: Workspace, shop: Shop, failures: bool) -> None:
    """Our own scenarios by author: what was tuned on, and the rest; each part also as in `--cross`."""
    pipeline = compile_pipeline(workspace, NoCache())
    rows = read_lines(OWN)
    for author, half in dict.fromkeys((row["author"], row["half"]) for row in rows):
        scenarios = [_own(row, shop) for row in rows if (row["author"], row["half"]) == (author, half)]
        answers = answer_each(pipeline, scenarios)
        name = f"our own, {author} author, {half} half"
        report(name, answers)
        if failures:
            report_failures(answers)
        report(
            f"{name}, each without the {NEAREST} examples nearest to it",
            answer_without_nearest(workspace, scenarios),
        )


def _own(row: Json, shop: Shop) -> Scenario:
    user = frozenset((row["user"],))
    return Scenario(row["id"], row["text"], user, shop.named_in(row["text"]), frozenset(row["writes"]))


# --- texts about every user -----------------------------------------------------------------------------


def probes(shop: Shop) -> Iterator[tuple[str, str, str | None]]:
    """(form, text, the user who must be selected; None: nobody) for each user, beside somebody else."""
    orders = defaultdict(list)
    for order in shop.orders:
        orders[order["user_id"]].append(order["order_id"])
    for number, user in enumerate(shop.users):
        me = user["user_id"]
        other = next(
            one
            for one in (*shop.users[number + 1 :], *shop.users[:number])
            if orders[one["user_id"]] and full_name(one) != full_name(user)
        )
        theirs = orders[other["user_id"]][0]
        known = f"{full_name(user)}, zip code {user['address']['zip']}"
        yield "name and zip code", f"I am {known}. Where is my parcel?", me
        yield "e-mail", f"please write to {user['email'].upper()}", me
        yield "user id", f"My user id is {me}.", me
        if orders[me]:
            yield "order number without #", f"where is {orders[me][0].removeprefix('#')}?", me
            yield "order number, a friend's name", f"Order {orders[me][0]} is for {full_name(other)}.", me
        yield "name and zip code, a friend's name", f"I'm {known}, and {full_name(other)} pays.", me
        yield "first name", f"This is {user['name']['first_name']}.", None
        yield "full name", f"My name is {full_name(user)}.", None
        yield "a friend's order number", f"I am {known}. Cancel {theirs} please.", None
        yield "two e-mails", f"{user['email']} or {other['email']}", None


def report_probes(pipeline: Pipeline, shop: Shop) -> None:
    """Texts made of every user's own data: what identifies one selects that one, nothing else selects any."""
    right: dict[str, list[bool]] = defaultdict(list)
    wrong: dict[str, int] = defaultdict(int)
    for form, text, wanted in probes(shop):
        selected = [one.id for one in pipeline.fetch(pipeline.extract(text)).records]
        sole = selected[0] if len(selected) == 1 else None
        right[form].append(sole == wanted)
        wrong[form] += sole not in (wanted, None)
    print("\none text a user and form: as it must be, and another user selected")
    for form, answers in right.items():
        print(f"  {form:37} {sum(answers)}/{len(answers)}, {wrong[form]} wrong")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=("even", "odd"))
    parser.add_argument("--failures", action="store_true", help="name the scenarios that went wrong")
    parser.add_argument(
        "--cross",
        action="store_true",
        help="measure the tool choice on even ids without the nearest examples",
    )
    parser.add_argument("--own", action="store_true", help="measure scenarios of our own instead")
    given = parser.parse_args()
    data = given.data / "tau2_retail"
    if not all((data / name).is_file() for name in FILES):
        print(f"skipped: {data} has no {', '.join(FILES)} (see docs/benchmarks.md)")
        sys.exit(0)
    shop = Shop(read_lines(data / "users.jsonl"), read_lines(data / "orders.jsonl"))
    scenarios = read_scenarios(read_lines(data / "tasks.jsonl"), shop)
    with tempfile.TemporaryDirectory() as folder:
        workspace = load_shop(data, Path(folder))
    if given.cross:
        report_cross(workspace, [one for one in scenarios if int(one.id) % 2 == 0])
        return
    if given.own:
        report_own(workspace, shop, given.failures)
        return
    pipeline = compile_pipeline(workspace, NoCache())
    for remainder, name in enumerate(("even", "odd")):
        if given.only in (None, name):
            chosen = [one for one in scenarios if int(one.id) % 2 == remainder]
            answers = answer_each(pipeline, chosen)
            report(f"{name} ids", answers)
            if given.failures:
                report_failures(answers)
    report_probes(pipeline, shop)


if __name__ == "__main__":
    main()
