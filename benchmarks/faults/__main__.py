"""Planted faults: `python benchmarks/faults --half tune [--workspace bank] [--kind K] [--explain FAULT]`.

README.md beside this file says what is measured and how.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from draws import pick
from explain import explain
from figures import print_table, to_json
from index import HALVES, Showing, showing_faults
from measure import Outcome, failed, run_scenario, world_words
from plant import Fault
from scenario import Scenario, every_manner, scenarios, two_manners
from staff import OFFICE, TUNING, Staff, load_words, voices_of
from three import WORLDS, build_world

ABLATIONS = ("no_replay", "no_verification", "no_near_miss", "no_priors")
NEEDS_DATA = frozenset({"shop", "clinc"})
MIXED = "mixed"
VOICES = (*TUNING, OFFICE, MIXED)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "data", type=Path, nargs="?", help="folder with the public data sets; none: all but clinc and shop"
    )
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--workspace", action="append", choices=WORLDS)
    parser.add_argument("--kind", action="append", help="only faults of this kind; may be given again")
    parser.add_argument("--manner", action="append", help="only scenarios of this manner")
    parser.add_argument("--all-manners", action="store_true", help="every fault in all six, not in two")
    parser.add_argument("--limit", type=int, help="at most so many faults a kind and workspace")
    parser.add_argument(
        "--skip", type=int, default=0, help="leave out the first so many faults of a kind and workspace"
    )
    parser.add_argument("--voice", choices=VOICES, help="whose words staff speak in; none: those of the half")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--ablate", choices=ABLATIONS)
    parser.add_argument("--explain", metavar="FAULT", help="one fault, with all that is said and found")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--reindex", action="store_true", help="find out anew which faults show")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "fixloop-faults-cache")
    return parser.parse_args()


def worlds_of(options: argparse.Namespace) -> list[str]:
    """The workspaces asked for, as far as their data is at hand."""
    asked = options.workspace or WORLDS
    without = [name for name in asked if name in NEEDS_DATA and options.data is None]
    if without:
        print(f"left out for want of data: {', '.join(without)}", file=sys.stderr)
    return [name for name in asked if name not in without]


def proposer_options(ablate: str | None) -> dict[str, Any]:
    """What `propose` is given besides; the proposer names the part that is left out."""
    if ablate is None:
        return {}
    from fixloop.propose import run

    return {"ablation": run.Ablation(**{ablate: True})}


# --- running --------------------------------------------------------------------------------------------


class Runner:
    """Faults of one world, run one after the other; a process has one of each world."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        self._options = options
        self.world = build_world(name, options.cache, options.data)
        self.showing = showing_faults(self.world, options.reindex)
        self._staff: dict[str, Staff] = {}

    def chosen(self) -> list[Showing]:
        """The faults asked for."""
        options = self._options
        found: dict[str, list[Showing]] = {}
        for one in self.showing:
            if one.fault.half == options.half and (not options.kind or one.fault.kind in options.kind):
                found.setdefault(one.fault.kind, []).append(one)
        end = None if options.limit is None else options.skip + options.limit
        return [one for some in found.values() for one in some[options.skip : end]]

    def run(self, fault: str) -> list[Outcome]:
        """The outcomes of one fault."""
        showing = next(one for one in self.showing if one.fault.id == fault)
        extra = proposer_options(self._options.ablate)
        return [_run_safely(one, extra) for one in self.scenarios(showing)]

    def scenarios(self, showing: Showing) -> list[Scenario]:
        """The scenarios of one fault that were asked for."""
        options, fault = self._options, showing.fault
        manners = every_manner(fault.id) if options.all_manners or options.manner else two_manners(fault.id)
        wanted = [m for m in manners if not options.manner or m in options.manner]
        every = [one for one in self.showing if one.fault.half == fault.half]
        return scenarios(self.world, showing, every, self._staff_of(fault), wanted)

    def _staff_of(self, fault: Fault) -> Staff:
        """Who speaks of a fault: the voice asked for, a drawn one where all take turns, else the half's."""
        voice = self._options.voice or fault.half
        if voice == MIXED:
            voice = pick(voices_of(self.world.name), "voice", fault.id)
        if voice not in self._staff:
            self._staff[voice] = Staff(load_words(self.world.name, voice), world_words(self.world))
        return self._staff[voice]


def _run_safely(one: Scenario, extra: dict[str, Any]) -> Outcome:
    try:
        return run_scenario(one, extra)[0]
    except (
        Exception
    ):  # a proposer that falls over, however, has no answer; the benchmark goes on and counts it
        return failed(one, traceback.format_exc(limit=-4))


_runners: dict[str, Runner] = {}


def _work(task: tuple[str, str, argparse.Namespace]) -> list[Outcome]:
    name, fault, options = task
    if name not in _runners:
        _runners[name] = Runner(name, options)
    return _runners[name].run(fault)


def run_all(options: argparse.Namespace) -> Iterator[Outcome]:
    tasks = []
    for name in worlds_of(options):
        _runners[name] = Runner(name, options)
        tasks += [(name, one.fault.id, options) for one in _runners[name].chosen()]
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs, get_context("fork")) as pool:
            yield from _counted((o for found in pool.map(_work, tasks) for o in found), len(tasks))
    else:
        yield from _counted((o for task in tasks for o in _work(task)), len(tasks))


def _counted(outcomes: Iterator[Outcome], faults: int) -> Iterator[Outcome]:
    seen: set[str] = set()
    for one in outcomes:
        seen.add(one.fault)
        if sys.stderr.isatty():
            print(f"\r{len(seen)} of {faults} faults", end="", file=sys.stderr)
        if one.error:
            print(f"{one.fault} ({one.manner}) fell over:\n{one.error}", file=sys.stderr)
        yield one


def explain_one(options: argparse.Namespace) -> int:
    for name in worlds_of(options):
        runner = Runner(name, options)
        for showing in runner.showing:
            if showing.fault.id == options.explain:
                for one in runner.scenarios(showing):
                    explain(one, proposer_options(options.ablate))
                return 0
    print(f"no fault {options.explain}; --out lists them", file=sys.stderr)
    return 2


def main() -> int:
    options = arguments()
    if options.explain:
        return explain_one(options)
    outcomes: list[Outcome] = []
    try:
        for one in run_all(options):
            outcomes.append(one)
    except KeyboardInterrupt:
        print(f"stopped after {len(outcomes)} scenarios", file=sys.stderr)
    if not outcomes:
        print("no fault fits", file=sys.stderr)
        return 2
    print_table(outcomes)
    if options.out:
        options.out.write_text(json.dumps(to_json(outcomes), indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
