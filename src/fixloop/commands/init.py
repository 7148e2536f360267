"""`init`: a first workspace, small and by hand or grown from a file of labelled texts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from fixloop.commands.labelled import parse_labelled
from fixloop.commands.scaffold import Corpus, floors_of, render_workspace, sort_corpus, starter_files
from fixloop.errors import BadInput
from fixloop.workspace.model import Problem
from fixloop.workspace.snapshot import Overlay, Snapshot

Progress = Callable[[str], None]

DEFAULT_SHARE = 0.1
AUTO, NONE = "auto", "none"
_NAMED = 5


@dataclass(frozen=True)
class Site:
    """The folder a workspace is to stand in, which may not be there yet.

    `repository` is the top of the git repository around it; `standing` reads what it holds of a workspace;
    `write` adds files, all of them written before the first is in its place.
    """

    folder: Path
    repository: Path | None
    standing: Callable[[], Snapshot]
    write: Callable[[Mapping[str, bytes]], None]
    progress: Progress = lambda _: None


class FirstEval(NamedTuple):
    """What the held-back cases say of the workspace they came with.

    `floor` stands in its fixloop.yaml, unless it is 0 (then something is wrong) or 1 (then none is needed).
    """

    passed: int
    cases: int
    floor: float


class Source(NamedTuple):
    """A labelled file: its name as the user wrote it, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Initialised:
    """What stands in the folder now; `problems` is what `check` says of it.

    `personal` are the source's lines whose text holds what looks like somebody's: it is written as it stands.
    """

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]
    leaves: int
    parents: int
    examples: int
    cases: int
    thresholds: Mapping[str, float] = field(default_factory=dict)
    duplicates: int = 0
    contested: int = 0
    blank: int = 0
    first_eval: FirstEval | None = None
    personal: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    next: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether everything that stands there can run; files that were there before may not."""
        return all(problem.severity != "error" for problem in self.problems)

    def to_json(self) -> dict[str, Any]:
        """`init --json`."""
        return {
            "folder": str(self.folder),
            "written": list(self.written),
            "kept": list(self.kept),
            "leaves": self.leaves,
            "parents": self.parents,
            "examples": self.examples,
            "cases": self.cases,
            "thresholds": dict(self.thresholds),
            "duplicates": self.duplicates,
            "contested": self.contested,
            "blank": self.blank,
            "first_eval": self.first_eval._asdict() if self.first_eval else None,
            "personal": list(self.personal),
            "notes": list(self.notes),
            "problems": [f"{problem.place}: {problem.message}" for problem in self.problems],
            "next": list(self.next),
        }


def init(
    site: Site, source: Source | None = None, share: float = DEFAULT_SHARE, thresholds: str = AUTO
) -> Initialised:
    """Write a workspace that `check` finds clean; no file that stands there already is changed.

    Without a source it is a small one to grow by hand. A file that stands there with the very bytes that
    would be written is kept, so an interrupted run can be run again.

    Raises:
        BadInput: a file is in the way, the source cannot be used, or fixloop would not look in this folder.
    """
    if not 0 <= share < 1:
        raise BadInput(f"--cases {share:g}: a share is from 0 up to, not including, 1", mend="--cases 0.1")
    if thresholds not in (AUTO, NONE):
        raise BadInput(f"--thresholds {thresholds!r} is not known", mend=f"--thresholds {AUTO} or {NONE}")
    _must_be_top(site)
    standing = site.standing()
    # Told before the long work where it can be: whatever the source says, this file begins like this.
    _must_be_free(standing, _config_in_the_way(standing))
    grown = _grow(site, standing, source, share, thresholds) if source else _Grown(starter_files())
    _must_be_free(standing, _in_the_way(standing, grown.files))
    fresh = {path: data for path, data in grown.files.items() if standing.read(path) is None}
    result = _describe(site, standing, grown, fresh)
    if fresh:
        site.write(fresh)
    return result


# --- may it ---------------------------------------------------------------------------------------------


def _must_be_top(site: Site) -> None:
    """Only the workspace at a repository's top is read; one written below it nobody would ever see."""
    if site.repository in (None, site.folder):
        return
    mend = f"fixloop init {site.repository}, or first `git init {site.folder}` for a repository of its own"
    raise BadInput(
        f"{site.folder} lies inside the repository {site.repository}, and fixloop reads a repository's top",
        mend=mend,
    )


def _in_the_way(standing: Snapshot, files: Mapping[str, bytes]) -> list[str]:
    return [path for path, data in sorted(files.items()) if standing.read(path) not in (None, data)]


def _config_in_the_way(standing: Snapshot) -> list[str]:
    there = standing.read("fixloop.yaml") or b""
    return [] if there.startswith(starter_files()["fixloop.yaml"]) or not there else ["fixloop.yaml"]


def _must_be_free(standing: Snapshot, in_the_way: list[str]) -> None:
    if not in_the_way:
        return
    more = f" and {len(in_the_way) - _NAMED} more" if len(in_the_way) > _NAMED else ""
    raise BadInput(
        f"already there, with other content: {', '.join(in_the_way[:_NAMED])}{more}; nothing was written",
        mend="move them away, or name an empty folder: fixloop init DIR",
    )


# --- from labelled texts --------------------------------------------------------------------------------


class _Grown(NamedTuple):
    """The files, and what they were made from."""

    files: Mapping[str, bytes]
    corpus: Corpus | None = None
    thresholds: Mapping[str, float] = {}
    notes: tuple[str, ...] = ()
    first_eval: FirstEval | None = None
    personal: tuple[int, ...] = ()


def _grow(site: Site, standing: Snapshot, source: Source, share: float, thresholds: str) -> _Grown:
    site.progress(f"reading {source.name}")
    rows = parse_labelled(source.name, source.data)
    corpus = sort_corpus(source.name, rows, share)
    chosen: Mapping[str, float] = {}
    if thresholds == AUTO:
        examples = sum(map(len, corpus.examples.values()))
        site.progress(
            f"choosing thresholds: every one of {examples} examples is tried on a model of the others"
        )
        chosen = _choose_thresholds(corpus)
    files = render_workspace(corpus, chosen)
    site.progress("asking the held-back cases")
    first = _first_eval(Overlay(standing, files))
    if first and 0 < first.floor < 1:
        files["fixloop.yaml"] += floors_of({"intent": first.floor})
    personal = tuple(row.line for row in rows if _looks_personal(row.text))
    return _Grown(files, corpus, chosen, corpus.labels.notes, first, personal)


def _looks_personal(text: str) -> bool:
    """By form alone: there is no record yet to tell names and short numbers by."""
    from fixloop.feedback.detectors import long_numbers, personal_values

    return any(personal_values(text)) or any(long_numbers(text))


def _first_eval(snapshot: Snapshot) -> FirstEval | None:
    """How many of the intent cases pass, and the share of them in whole per cent, rounded down.

    None where there are none, or where what stands there already cannot be read: `check` says what.
    """
    from fixloop.evals.cases import inspect_cases
    from fixloop.evals.result import PASS
    from fixloop.evals.run import evaluate
    from fixloop.pipeline.compile import compile_pipeline
    from fixloop.ports.cache import NoCache
    from fixloop.workspace.load import inspect_workspace

    workspace = inspect_workspace(snapshot).workspace
    cases = inspect_cases(snapshot, workspace) if workspace else None
    if workspace is None or cases is None or any(one.severity == "error" for one in cases.problems):
        return None
    report = evaluate(compile_pipeline(workspace, NoCache()), cases.cases, suites=["intent"])
    asked = report.suites.get("intent")
    if asked is None or not asked.results:
        return None
    passed = len(asked.with_outcome(PASS))
    return FirstEval(passed, len(asked.results), 100 * passed // len(asked.results) / 100)


def _choose_thresholds(corpus: Corpus) -> dict[str, float]:
    """By cross-validation inside the examples, so that the cases are never asked; a level with 0 has none."""
    from fixloop.pipeline.intent import choose_thresholds

    found = choose_thresholds(corpus.labels.children, corpus.examples)
    return {level: threshold for level, threshold in found.items() if threshold > 0}


# --- what came of it ------------------------------------------------------------------------------------


def _describe(site: Site, standing: Snapshot, grown: _Grown, fresh: Mapping[str, bytes]) -> Initialised:
    """Counts of the workspace as it will stand, and what `check` will say of it: other files may be there."""
    from fixloop.evals.cases import inspect_cases, read_cases
    from fixloop.workspace.load import inspect_workspace

    site.progress("checking what will stand there")
    snapshot = Overlay(standing, fresh)
    inspection = inspect_workspace(snapshot)
    workspace = inspection.workspace
    cases = read_cases(snapshot) if workspace is None else inspect_cases(snapshot, workspace)
    corpus = grown.corpus
    return Initialised(
        folder=site.folder,
        written=tuple(sorted(fresh)),
        kept=tuple(sorted(set(grown.files) - set(fresh))),
        leaves=len(workspace.intents.leaves) if workspace else 0,
        parents=len(workspace.intents.children) - 1 if workspace else 0,
        examples=sum(map(len, workspace.examples.values())) if workspace else 0,
        cases=len(cases.cases),
        thresholds=grown.thresholds,
        duplicates=corpus.duplicates if corpus else 0,
        contested=corpus.contested if corpus else 0,
        blank=corpus.blank if corpus else 0,
        first_eval=grown.first_eval,
        personal=grown.personal,
        notes=grown.notes,
        problems=(*inspection.problems, *cases.problems),
        next=_next_steps(site, grown.files),
    )


def _next_steps(site: Site, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Commands for a shell: fixloop writes the files, their first commit is the user's."""
    from shlex import quote

    here = site.folder.resolve() == Path.cwd().resolve()
    steps = [] if here else [f"cd {quote(str(site.folder))}"]
    steps += [] if site.repository else ["git init"]
    names = dict.fromkeys(path.split("/")[0] for path in files)
    return (*steps, f"git add {' '.join(names)}", 'git commit -m "A workspace for fixloop"', "fixloop check")
