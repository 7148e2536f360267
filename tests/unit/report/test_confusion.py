"""Confusion as heat maps that stay readable, and as pairs."""

from fixloop.report.confusion import ELSEWHERE, Cell, Pair, confused_pairs, heat_maps
from fixloop.workspace.model import Intent, IntentDag


def dag_of(**children: tuple[str, ...]) -> IntentDag:
    intents = {name: Intent(name, "", below) for name, below in children.items()}
    intents |= {leaf: Intent(leaf) for below in children.values() for leaf in below}
    return IntentDag(tuple(children), intents)


def test_pairs_are_sorted_by_how_often() -> None:
    confusion = {"a": {"a": 5, "b": 2}, "c": {"other": 3}}
    assert confused_pairs(confusion) == (Pair("c", "other", 3, 3), Pair("a", "b", 2, 7))


def test_few_leaves_stand_in_one_matrix() -> None:
    [heat] = heat_maps({"a": {"a": 5, "b": 1}, "b": {"b": 2}}, dag_of(p=("a", "b")))
    assert (heat.rows, heat.columns, heat.wrong) == (("a", "b"), ("a", "b"), 1)
    assert heat.cells == ((Cell(5, 6, True), Cell(1, 2, False)), (Cell(0, 0, False), Cell(2, 6, True)))


def test_many_leaves_go_by_parent_and_no_count_is_lost() -> None:
    left, right = tuple(f"a{n:02d}" for n in range(12)), tuple(f"b{n:02d}" for n in range(12))
    confusion = {leaf: {leaf: 4, left[0]: 1} for leaf in (*left[1:], *right)}
    parents, *inner = heat_maps(confusion, dag_of(left=left, right=right))
    assert (parents.title, parents.rows) == ("parents", ("left", "right"))
    assert parents.cells[1] == (Cell(12, 2, False), Cell(48, 5, True))
    assert {heat.title for heat in inner} == {"left", "right"}
    [second] = [heat for heat in inner if heat.title == "right"]
    assert second.columns[-1] == ELSEWHERE
    assert [row[-1].times for row in second.cells] == [1] * 12
    everything = sum(times for row in confusion.values() for times in row.values())
    assert sum(cell.times for heat in inner for row in heat.cells for cell in row) == everything


def test_a_level_with_hundreds_of_leaves_shows_the_worst() -> None:
    leaves = tuple(f"l{n:03d}" for n in range(150))
    confusion = {leaf: {leaf: 5} for leaf in leaves} | {"l149": {"l149": 1, "l000": 9}}
    heats = heat_maps(confusion, IntentDag(leaves, {leaf: Intent(leaf) for leaf in leaves}))
    assert heats[0].rows[-1] == "l149" and len(heats[0].rows) == 24 and heats[0].left_out == 126
    assert "l000" in heats[0].columns and len(heats[0].columns) <= 30


def test_nothing_to_show() -> None:
    assert heat_maps({}, dag_of(p=("a",))) == ()
