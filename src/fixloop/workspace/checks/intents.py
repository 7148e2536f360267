"""The intent DAG and its examples: rooted, acyclic, reachable, and no text taught twice."""

from collections.abc import Iterator, Mapping

from fixloop.errors import Place
from fixloop.workspace.file_parts import ExamplesPart
from fixloop.workspace.model import IntentDag, Problem
from fixloop.workspace.parts import Parts
from fixloop.workspace.problems import Problems, Report
from fixloop.workspace.text import did_you_mean, named, shown

RESERVED = {"root": "it names the top level", "other": "every level has its own `other` without an entry"}
DEEPEST = 3


def check_intents(parts: Parts) -> Iterator[Problem]:
    """The DAG, its thresholds and its examples."""
    problems = Problems()
    dag = parts.intents.value
    if dag is not None:
        error, warning = (problems.report_on(parts.intents.document, kind) for kind in ("error", "warning"))
        _check_names(dag, error)
        _check_children(dag, error)
        _check_thresholds(dag, error)
        if not _check_cycles(dag, error):
            _check_reach(dag, warning)
            _check_example_files(dag, parts, problems)
    _check_double_texts(parts.examples, problems)
    yield from problems.found


def _check_names(dag: IntentDag, report: Report) -> None:
    for name in dag.intents:
        if name in RESERVED:
            report(
                ("intents", name),
                f"an intent cannot be named {named(name)}: {RESERVED[name]}",
                "rename it",
                on_key=True,
            )


def _check_children(dag: IntentDag, report: Report) -> None:
    levels: dict[tuple[str, ...], tuple[str, ...]] = {
        ("root",): dag.root,
        **{("intents", name, "children"): entry.children for name, entry in dag.intents.items()},
    }
    for key_path, children in levels.items():
        for index, child in enumerate(children):
            if child in children[:index]:
                report((*key_path, index), f"{named(child)} is listed twice", "remove one")
            elif child not in dag.intents:
                mend = did_you_mean(child, dag.intents, otherwise=f"add `{child}:` below `intents:`")
                report((*key_path, index), f"there is no intent {named(child)}", mend)


def _check_thresholds(dag: IntentDag, report: Report) -> None:
    for level, threshold in dag.thresholds.items():
        if level not in dag.children:
            known = "a leaf" if level in dag.intents else "no level"
            mend = did_you_mean(
                level, dag.children, otherwise="thresholds are for `root` and for intents with children"
            )
            report(
                ("thresholds", level),
                f"{named(level)} is {known}: no threshold can be set for it",
                mend,
                on_key=True,
            )
        if not 0 <= threshold <= 1:
            message = f"the threshold of {named(level)} must be between 0 and 1, not {shown(threshold)}"
            report(("thresholds", level), message, "it is compared with calibrated scores")


def _check_cycles(dag: IntentDag, report: Report) -> bool:
    """Report every edge that closes a cycle; whether there is one."""
    done: set[str] = set()
    found = False
    for start in dag.intents:
        # An explicit stack: a chain of intents may be longer than Python likes to recurse.
        trail: list[str] = []
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            name, leaving = stack.pop()
            if leaving:
                done.add(trail.pop())
                continue
            if name in done or name not in dag.intents:
                continue
            trail.append(name)
            stack.append((name, True))
            for index, child in enumerate(dag.intents[name].children):
                if child in trail:
                    circle = " → ".join([*trail[trail.index(child) :], child])
                    report(
                        ("intents", name, "children", index),
                        f"the intents go in a circle: {circle}",
                        "remove one edge",
                    )
                    found = True
                else:
                    stack.append((child, False))
    return found


def _check_reach(dag: IntentDag, report: Report) -> None:
    depths = _depths(dag)
    for name, intent in dag.intents.items():
        kind = "parent" if intent.children else "leaf"
        if name not in depths:
            message = f"no parent reaches the {kind} {named(name)}"
            report(
                ("intents", name),
                message,
                "list it below `root:` or below a parent's `children:`",
                on_key=True,
            )
        elif depths[name] > DEEPEST:
            message = f"the {kind} {named(name)} is {depths[name]} levels deep"
            report(("intents", name), message, "two levels are easiest to tell apart; lift it", on_key=True)


def _depths(dag: IntentDag) -> Mapping[str, int]:
    """The greatest depth of every intent that the root reaches; the DAG has no circle."""
    depths: dict[str, int] = {}
    level = {name for name in dag.root if name in dag.intents}
    depth = 1
    while level:
        depths.update(dict.fromkeys(level, depth))
        level = {child for name in level for child in dag.intents[name].children if child in dag.intents}
        depth += 1
    return depths


# --- examples -------------------------------------------------------------------------------------------


def _check_example_files(dag: IntentDag, parts: Parts, problems: Problems) -> None:
    leaves = set(dag.all_leaves)
    for leaf, part in parts.examples.items():
        if leaf in leaves:
            continue
        if leaf in dag.children:
            mend = f"{named(leaf)} is a parent; what fits none of its children goes to `{leaf}.other.jsonl`"
        else:
            mend = did_you_mean(leaf, leaves, otherwise="name the file after a leaf")
        problems.error(Place(part.path, 1, 1), f"examples for {named(leaf)}, which is no leaf", mend)
    warning = problems.report_on(parts.intents.document, "warning")
    for leaf in dag.leaves:
        if leaf not in parts.examples or not (parts.examples[leaf].examples or parts.examples[leaf].problems):
            mend = f"write some to workspace/examples/{leaf}.jsonl"
            warning(("intents", leaf), f"the leaf {named(leaf)} has no examples", mend, on_key=True)


def _check_double_texts(examples: Mapping[str, ExamplesPart], problems: Problems) -> None:
    first: dict[str, tuple[str, int]] = {}
    for leaf, part in examples.items():
        for index, text in enumerate(part.normal):
            known_leaf, known_index = first.setdefault(text, (leaf, index))
            if (known_leaf, known_index) != (leaf, index):
                _double(part, index, examples[known_leaf], known_index, leaf, known_leaf, problems)


def _double(
    part: ExamplesPart,
    index: int,
    known: ExamplesPart,
    known_index: int,
    leaf: str,
    known_leaf: str,
    problems: Problems,
) -> None:
    here, there = Place(part.path, part.lines[index], 1), Place(known.path, known.lines[known_index], 1)
    text = shown(part.examples[index].text)
    if part is known:
        problems.warning(here, f"{text} stands in line {there.line} already", "remove one of the two lines")
    else:
        message = f"{text} is an example of {named(leaf)} and, at {there}, of {named(known_leaf)}"
        problems.warning(here, message, "keep it in the leaf it belongs to")
