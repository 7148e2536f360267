"""`init`: a clean workspace out of nothing, or out of labelled texts; nothing that is there is touched."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from fixloop.commands.eval import Evaluated, evaluate_workspace
from fixloop.commands.init import NONE, Initialised, Source, init
from fixloop.commands.labelled import BadRows, LabelledText, parse_labelled
from fixloop.commands.scaffold import sort_corpus
from fixloop.errors import BadInput
from fixloop.evals.cases import inspect_cases
from fixloop.evals.run import evaluate
from fixloop.pipeline.compile import compile_pipeline
from fixloop.ports.cache import NoCache
from fixloop.workspace.load import inspect_workspace, load_workspace
from fixloop.workspace.snapshot import MemorySnapshot
from fixloop.workspace.text import text_digest
from tests.support.git_worlds import run_git, write_files

CSV = """\
text,intent,parent
my card is gone,card_lost,cards
I lost my card,card_lost,cards
card will not work,card_blocked,cards
they blocked my card,card_blocked,cards
send money abroad,transfer,payments
wire 50 to Ann,transfer,payments
hello there,,
"""


def start(
    folder: Path, text: str | bytes | None = None, share: float = 0.0, rule: str = NONE, name: str = "t.csv"
) -> Initialised:
    """`init` with the real adapters."""
    from fixloop.wiring import build_site

    data = text.encode() if isinstance(text, str) else text
    site = build_site(str(folder), lambda _: None)
    return init(site, None if data is None else Source(name, data), share, rule)


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def problems_in(files: Mapping[str, bytes]) -> list[str]:
    snapshot = MemorySnapshot(files)
    inspection = inspect_workspace(snapshot)
    assert inspection.workspace, inspection.problems
    found = inspect_cases(snapshot, inspection.workspace)
    return [f"{one.place}: {one.message}" for one in (*inspection.problems, *found.problems)]


def rows(*labelled: tuple[str, ...]) -> list[LabelledText]:
    return [LabelledText(number, *row) for number, row in enumerate(labelled, 2)]


# --- a small one ----------------------------------------------------------------------------------------


def test_the_starter_is_clean_and_passes_its_own_cases(tmp_path: Path) -> None:
    made = start(tmp_path / "shop")
    files = files_in(tmp_path / "shop")
    assert problems_in(files) == [] and made.problems == ()
    assert 3 <= len([line for line in files["fixloop.yaml"].splitlines() if line]) <= 8
    snapshot = MemorySnapshot(files)
    workspace = load_workspace(snapshot)
    report = evaluate(compile_pipeline(workspace, NoCache()), inspect_cases(snapshot, workspace).cases)
    assert report.all_pass and {suite: len(one.results) for suite, one in report.suites.items()} == {
        "intent": 2,
        "plan": 2,
    }
    assert made.next[1:] == (
        "git init",
        "git add evals fixloop.yaml plan_trees workspace",
        'git commit -m "A workspace for fixloop"',
        "fixloop check",
    )


def test_at_the_top_of_a_repository_nothing_of_git_is_touched(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "shop")
    before = run_git(tmp_path / "shop", "count-objects")
    made = start(tmp_path / "shop")
    assert "git init" not in made.next
    assert run_git(tmp_path / "shop", "count-objects") == before
    assert "?? fixloop.yaml" in run_git(tmp_path / "shop", "status", "--porcelain")


def test_below_the_top_of_a_repository_nobody_would_read_it(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "shop")
    with pytest.raises(BadInput, match="reads a repository's top") as refused:
        start(tmp_path / "shop" / "deep" / "below")
    assert f"fixloop init {tmp_path / 'shop'}" in refused.value.mend
    assert not (tmp_path / "shop" / "deep").exists()


def test_a_bare_repository_holds_no_workspace(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "--bare", "shop.git")
    with pytest.raises(BadInput, match="git directory"):
        start(tmp_path / "shop.git")


def test_twice_is_once_and_an_interrupted_run_is_finished(tmp_path: Path) -> None:
    first = start(tmp_path)
    (tmp_path / "workspace/templates.yaml").unlink()
    again = start(tmp_path)
    assert again.written == ("workspace/templates.yaml",)
    assert {*again.kept, *again.written} == set(first.written)
    assert start(tmp_path).written == ()


def test_what_is_there_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    write_files(tmp_path, {"plan_trees/opening_hours.yaml": "leaf: mine\n", "notes.txt": "mine\n"})
    before = files_in(tmp_path)
    with pytest.raises(BadInput, match=r"plan_trees/opening_hours\.yaml; nothing was written"):
        start(tmp_path)
    assert files_in(tmp_path) == before


def test_a_file_that_appears_meanwhile_stops_it_and_nothing_is_left(tmp_path: Path) -> None:
    from fixloop.adapters.new_files import add_files

    write_files(tmp_path, {"b": "mine\n"})
    with pytest.raises(BadInput, match="just appeared"):
        add_files(tmp_path, {"a": b"1", "deep/c": b"3", "b": b"2"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "home"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    from fixloop.errors import EnvironmentLacks

    (tmp_path / "shut").mkdir(mode=0o500)
    with pytest.raises(EnvironmentLacks, match="cannot"):
        start(tmp_path / "shut")


def test_files_of_others_that_fixloop_cannot_read_are_told(tmp_path: Path) -> None:
    write_files(tmp_path, {"evals/mine/score.py": "print()\n"})
    made = start(tmp_path)
    assert not made.sound and "no suite" in made.problems[0].message


# --- labelled texts -------------------------------------------------------------------------------------


def test_labelled_texts_become_a_clean_workspace(tmp_path: Path) -> None:
    made = start(tmp_path, CSV)
    files = files_in(tmp_path)
    assert problems_in(files) == []
    assert (made.leaves, made.parents, made.examples, made.cases) == (3, 2, 7, 0)
    workspace = load_workspace(MemorySnapshot(files))
    assert workspace.intents.children == {
        "root": ("cards", "payments"),
        "cards": ("card_blocked", "card_lost"),
        "payments": ("transfer",),
    }
    assert [one.text for one in workspace.examples["other"]] == ["hello there"]
    assert workspace.config.fallback_reply == "handover"
    for leaf in workspace.intents.leaves:
        tree = workspace.plan_trees[leaf]
        assert (tree.owner, tree.stability) == ("", "open")
        assert [(branch.reply, branch.review_always) for branch in tree.branches] == [("handover", True)]


def test_without_parents_every_leaf_hangs_at_the_root(tmp_path: Path) -> None:
    start(tmp_path, "text,intent\na b,x\nc d,x\ne f,y\nsomething,\n", share=0.5)
    files = files_in(tmp_path)
    assert load_workspace(MemorySnapshot(files)).intents.children == {"root": ("x", "y")}
    assert problems_in(files) == []
    assert {path for path in files if path.startswith("evals/")} <= {"evals/intent/all.jsonl"}


def test_a_text_is_example_or_case_by_its_digest_and_every_leaf_keeps_an_example() -> None:
    corpus = sort_corpus("t", rows(*[(f"text {n}", "x") for n in range(400)], ("alone", "y")), 0.25)
    texts = sorted((f"text {n}" for n in range(400)), key=text_digest)
    assert set(corpus.cases["x"]) == set(texts[:100])
    assert len(corpus.cases["x"]) + len(corpus.examples["x"]) == 400
    assert sort_corpus("t", rows(("alone", "y")), 0.999).examples == {"y": ("alone",)}


@pytest.mark.parametrize(
    ("sizes", "most", "held"), [((20,) * 18, 2, 36), ((4,) * 50, 1, 20), ((14, 15, 16), 2, 4)]
)
def test_every_leaf_gives_its_share_of_cases(sizes: tuple[int, ...], most: int, held: int) -> None:
    """By chance alone one leaf had five cases of twenty, and three had none."""
    texts = [(f"text {n} of {leaf}", f"leaf {leaf}") for leaf, size in enumerate(sizes) for n in range(size)]
    cases = [len(found) for found in sort_corpus("t", rows(*texts), 0.1).cases.values()]
    assert sum(cases) == held
    assert max(cases) == most and (min(sizes) < 10 or len(cases) == len(sizes))


def test_without_a_text_out_of_scope_no_case_is_about_one() -> None:
    texts = [(f"text {n} of {leaf}", f"leaf {leaf}") for leaf in range(3) for n in range(20)]
    corpus = sort_corpus("t", rows(*texts), 0.3)
    assert "other" not in {*corpus.examples, *corpus.cases}


def test_order_of_rows_changes_no_id_and_no_split() -> None:
    some = rows(("a", "x", "p"), ("b", "y", "q"), ("c", "X y", "p"), ("d", "x-y", "q"), ("e", ""))
    one, other = sort_corpus("t", some, 0.3), sort_corpus("t", some[::-1], 0.3)
    assert one.labels.children == other.labels.children
    assert one.examples == other.examples and one.cases == other.cases


def test_cases_stand_in_a_file_a_parent(tmp_path: Path) -> None:
    labels = (("card_lost", "cards"), ("transfer", "payments"), ("", ""), ("", "cards"))
    lines = [f"{at} no {n},{leaf},{above}" for n in range(40) for at, (leaf, above) in enumerate(labels)]
    start(tmp_path, "\n".join(["text,intent,parent", *lines]), 0.5)
    files = files_in(tmp_path)
    assert problems_in(files) == []
    expected = {
        path: {json.loads(line)["expect"] for line in data.splitlines()}
        for path, data in files.items()
        if path.startswith("evals/")
    }
    assert expected == {
        "evals/intent/cards.jsonl": {"card_lost", "cards.other"},
        "evals/intent/payments.jsonl": {"transfer"},
        "evals/intent/other.jsonl": {"other"},
    }


def test_a_label_under_two_parents_is_a_leaf_they_share() -> None:
    labels = sort_corpus("t", rows(("a", "x", "p"), ("b", "x", "q"), ("c", "x"), ("d", "y", "q")), 0).labels
    assert labels.children == {"root": ("p", "q"), "p": ("x",), "q": ("x", "y")}


def test_labels_become_ids_and_clashes_are_said() -> None:
    found = sort_corpus(
        "t",
        rows(
            ("a", "Karte verloren!", "Zahlungen & Karten"), ("b", "Überweisung"), ("c", "3DS"),
            ("d", "カード"), ("e", "root"), ("f", "card-lost"), ("g", "card_lost"), ("h", "Card  LOST"),
            ("i", "cards", "cards"), ("j", "OTHER"), ("k", "", "nobody names this"),
        ),
        0,
    )  # fmt: skip
    labels = found.labels
    assert labels.children["zahlungen_karten"] == ("karte_verloren",)
    assert {"uberweisung", "intent_3ds", "card_lost", "card_lost_2", "card_lost_3"} <= set(labels.leaves)
    assert labels.children["cards"] == ("cards_2",)
    assert found.examples["card_lost"] == ("g",)
    assert set(found.examples["other"]) == {"j", "k"}
    assert labels.notes == (
        'intent "cards" is `cards_2`: `cards` is the id of parent "cards"',
        'intent "root" is `root_2`: `root` is reserved',
        'intent "Card  LOST" is `card_lost_2`: `card_lost` is the id of intent "card_lost"',
        'intent "card-lost" is `card_lost_3`: `card_lost` is the id of intent "card_lost"',
    )


def test_spellings_of_one_label_are_one_leaf() -> None:
    found = sort_corpus("t", rows(("a", "Card lost"), ("b", "card  LOST"), ("c", "ＣＡＲＤ lost")), 0)
    assert found.examples == {"card_lost": ("a", "b", "c")}
    assert found.labels.called == {"card_lost": "Card lost"}


def test_doubles_are_counted_and_a_contested_text_goes_to_the_majority() -> None:
    found = sort_corpus(
        "t",
        rows(
            ("Hi", "x"), ("hi ", "x"), ("b", "x"), ("b", "y"), ("b", "y"), ("c", "y"), ("c", "x"), (" ", "y")
        ),
        0,
    )
    assert found.examples == {"x": ("Hi",), "y": ("b", "c")}
    assert (found.duplicates, found.contested, found.blank) == (4, 2, 1)


def test_thresholds_are_chosen_inside_the_examples_and_written(tmp_path: Path) -> None:
    themes = ("my card {} is lost", "I want a loan of {}", "the app crashes at {}", "send {} abroad",
              "a fee of {} I do not know", "close my savings account {}")  # fmt: skip
    lines = [f"{theme.format(n)},t{number}" for number, theme in enumerate(themes) for n in range(15)]
    made = start(tmp_path, "text,intent\n" + "\n".join(lines), rule="auto")
    assert set(made.thresholds) == {"root"} and 0 < made.thresholds["root"] < 1
    workspace = load_workspace(MemorySnapshot(files_in(tmp_path)))
    assert workspace.intents.thresholds == made.thresholds


WORDS = ("lost", "stolen", "blocked", "broken", "new", "old", "late", "fee", "refund", "card", "app", "limit")
MIXED = "text,intent\n" + "\n".join(
    f"my {WORDS[n % 12]} {WORDS[(n * 7 + leaf) % 12]} {WORDS[(n * 5) % 12]} {n},leaf_{leaf}"
    for leaf in range(4)
    for n in range(20)
)
"""Labels that nobody could tell apart by their texts alone."""


def first_eval(folder: Path) -> Evaluated:
    from fixloop.wiring import build_shelf

    run_git(folder, "init", "-q")
    return evaluate_workspace(build_shelf(str(folder), lambda _: None))


def test_the_first_eval_of_a_new_workspace_ends_well(tmp_path: Path) -> None:
    """Some held-back cases fail in nearly every desk: how many is its floor, and no reason to say no."""
    made = start(tmp_path, MIXED, 0.1, "auto")
    assert made.first_eval is not None
    passed, cases, floor = made.first_eval
    assert (cases, 0 < passed < cases) == (8, True)
    assert floor == passed * 100 // cases / 100
    assert load_workspace(MemorySnapshot(files_in(tmp_path))).config.floors.intent == floor
    found = first_eval(tmp_path)
    assert found.good and not found.report.all_pass
    assert found.to_json()["floors"] == {"intent": floor}
    assert problems_in(files_in(tmp_path)) == []
    assert start(tmp_path, MIXED, 0.1, "auto").written == ()


def test_a_workspace_whose_cases_all_pass_has_no_floor(tmp_path: Path) -> None:
    themes = ("my card {} is lost", "I want a loan of {}", "the app crashes at {}")
    lines = [f"{theme.format(n)},t{number}" for number, theme in enumerate(themes) for n in range(20)]
    made = start(tmp_path, "text,intent\n" + "\n".join(lines), 0.1)
    assert made.first_eval == (6, 6, 1.0)
    assert b"floors" not in files_in(tmp_path)["fixloop.yaml"]
    assert first_eval(tmp_path).good


def test_a_configuration_of_ones_own_is_told_before_the_long_work(tmp_path: Path) -> None:
    write_files(tmp_path, {"fixloop.yaml": "fixloop: 1\n"})
    with pytest.raises(BadInput, match=r"fixloop\.yaml; nothing was written"):
        start(tmp_path, "not,even\nread,this\n")


def test_what_looks_personal_is_told_with_its_lines_and_stays(tmp_path: Path) -> None:
    """`ingest` would replace it; the team's own file is left as it is, and they are told."""
    texts = [
        "where is my card",
        "write to ann@mail.example",
        "call me at 0151 2345678",
        "member RW20632 cannot log in",
        "booking GAO20D is gone",
        "send 20 to my 2 friends in 2025",
        "pay $20000 to savings",
        "iban DE89370400440532013000",
        "RW20632 again",
    ]
    made = start(tmp_path, "text,intent\n" + "\n".join(f"{text},x" for text in texts))
    assert made.personal == (3, 4, 5, 6, 9, 10)
    assert made.to_json()["personal"] == [3, 4, 5, 6, 9, 10]
    assert b"RW20632" in files_in(tmp_path)["workspace/examples/x.jsonl"]
    assert start(tmp_path / "new", CSV).personal == ()


@pytest.mark.parametrize("lines", [["a,x"], ["a,x", "b,y"], ["a,x", "b,"], ["a,x", "b,x", "c,y", "d,", "e,"]])
def test_the_fewest_texts_still_make_a_workspace(tmp_path: Path, lines: list[str]) -> None:
    start(tmp_path, "\n".join(["text,intent", *lines]), 0.1, "auto")
    assert problems_in(files_in(tmp_path)) == []


def test_awkward_texts_and_labels_survive(tmp_path: Path) -> None:
    texts = ['say "hi", they said', "two\nlines", "tab\there", "\u2028 and 💳", "# - : {x} @", "null", "007"]
    labels = ["null", "yes", "a: b #c", "1:30", "x" * 300, "- dash", "'quoted'"]
    data = "\n".join(
        json.dumps({"text": t, "intent": i, "id": 3}) for t, i in zip(texts, labels, strict=True)
    )
    start(tmp_path, data, name="t.jsonl")
    files = files_in(tmp_path)
    assert problems_in(files) == []
    workspace = load_workspace(MemorySnapshot(files))
    assert {one.text for found in workspace.examples.values() for one in found} == set(texts)
    assert workspace.intents.intents["a_b_c"].description == "a: b #c"


def test_a_share_or_rule_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    for share in (-0.1, 1.0, float("nan")):
        with pytest.raises(BadInput, match="share"):
            start(tmp_path, CSV, share)
    with pytest.raises(BadInput, match="thresholds"):
        start(tmp_path, CSV, rule="high")


# --- reading the file -----------------------------------------------------------------------------------


def as_json(line: str) -> str:
    cells = [cell or None for cell in line.split(",")]
    return json.dumps(dict(zip(("text", "intent", "parent", "id"), (*cells, 7), strict=True)))


@pytest.mark.parametrize(
    "data",
    [
        CSV.encode(),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace(",", ";").encode(),
        CSV.replace(",", "\t").encode(),
        b"\xef\xbb\xbf" + CSV.encode(),
        CSV.encode("utf-16"),
        b"\n\n" + CSV.replace("text,intent,parent", "Text , INTENT,Parent").encode(),
        "\n".join(map(as_json, CSV.splitlines()[1:])).encode(),
    ],
    ids=["plain", "crlf", "semicolon", "tab", "bom", "utf-16", "spelling", "jsonl"],
)  # fmt: skip
def test_every_way_to_write_the_same_rows(data: bytes) -> None:
    found = [(row.text, row.intent, row.parent) for row in parse_labelled("f", data)]
    assert found[0] == ("my card is gone", "card_lost", "cards")
    assert found[-1] == ("hello there", "", "")
    assert len(found) == 7


def test_a_quoted_text_may_hold_everything() -> None:
    found = parse_labelled("f", b'id,text,intent\n1,"a, ""b""\nc",x\n2,d,y\n')
    assert [(row.line, row.text) for row in found] == [(2, 'a, "b"\nc'), (4, "d")]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "f: this file is empty"),
        (b"\xef\xbb\xbf \n", "f: this file is empty"),
        (b"text,intent\n", "f: this file has a header and no rows"),
        (b"utterance,label\na,b\n", "f:1: no column `text` and no column `intent` in the header; it has"),
        (b"\ntext;label\na;b\n", "f:2: no column `intent` in the header; it has `text`, `label`"),
        (b"text,intent,Text\na,b,c\n", "f:1: two columns are named `text`"),
        (b"text,intent\na,b\nhello, you,b\n", "f:3: 3 fields where the header has 2"),
        (b'text,intent\n"a,b\nc,d\n', "f:2: not CSV"),
        (b"text,intent\na,\xe4\n", "f:2: not UTF-8: byte 0xe4"),
        ("text,intent\na,b".encode("utf-16-le"), "f:1: a zero byte"),
        (b'[{"text": "a"}]', "f:1: a JSON list is not read"),
        (b'{"text": "a", "intent": "x"}\n{"text": "b"\n', "f:2:13: not JSON"),
        (b'{"text": "a", "label": "x"}\n', "f:1:1: no line has the key `intent`; they have `label`, `text`"),
        (b'{"text": "a", "intent": "x"}\n{"text": "b"}\n', "f:2:1: no `intent`"),
        (b'{"text": "a", "intent": 7}\n', "f:1:1: `intent` is 7, not a text"),
        (b'{"text": null, "intent": "x"}\n', "f:1:1: `text` is null, not a text"),
        (b'{"text": "a", "intent": "x"}\n7\n', "f:2:1: not an object: 7"),
    ],
)  # fmt: skip
def test_mistakes_have_their_line(data: bytes, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_labelled("f", data)
    assert str(refused.value).startswith(told)
    assert refused.value.mend


def test_all_bad_rows_are_known_and_the_first_few_told() -> None:
    with pytest.raises(BadRows) as refused:
        parse_labelled("f", b"text,intent\n" + b"a,b,c\n" * 9)
    assert len(refused.value.problems) == 9
    assert "f:6: 3 fields" in str(refused.value) and "and 4 more" in str(refused.value)


def test_only_other_rows_leave_nothing_to_tell_apart(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no row has an intent"):
        start(tmp_path / "new", "text,intent\na,\nb,other\n")
    assert not (tmp_path / "new").exists()


# --- real data ------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("name", "leaves", "parents"), [("clinc150", 150, 10), ("banking77", 77, 0)])
def test_real_data_makes_a_clean_workspace(tmp_path: Path, name: str, leaves: int, parents: int) -> None:
    data = Path(os.environ.get("FIXLOOP_DATA") or "absent") / name / "train.jsonl"
    if not data.is_file():
        pytest.skip(f"FIXLOOP_DATA names no folder with {name}/train.jsonl")
    made = start(tmp_path, data.read_bytes(), 0.1, name=str(data))
    assert (made.leaves, made.parents) == (leaves, parents)
    assert made.problems == () and problems_in(files_in(tmp_path)) == []
    assert 0.08 < made.cases / (made.cases + made.examples) < 0.12
