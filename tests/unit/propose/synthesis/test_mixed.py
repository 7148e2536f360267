"""Two leaves' examples that lie in each other's files, told apart by what is known of a few texts."""

from fixloop.propose.synthesis.mixed import called_better, told_apart
from tests.unit.propose.synthesis.benches import bench_of, world

LOCKED = (
    "my account is locked",
    "locked out of my account",
    "please unlock the account, it is locked",
    "why is the account locked since monday",
    "the account got locked after three attempts",
)
FAILED = (
    "my transfer was rejected",
    "the transfer failed twice",
    "why did my transfer fail",
    "transfer to my landlord was rejected since monday",
    "a rejected transfer, the second one",
)


def test_known_texts_tell_whose_all_others_are() -> None:
    odds = told_apart([*LOCKED, *FAILED], 5, ["is my account locked"], ["was the transfer rejected"])
    assert [odd > 0 for odd in odds] == [True] * len(LOCKED) + [False] * len(FAILED)


def test_what_nothing_is_known_of_is_nobodys() -> None:
    first, second = told_apart(["zzyzx qwv", ""], 1, ["is my account locked"], ["was the transfer rejected"])
    assert abs(first) < 1
    assert abs(second) < 1


def test_words_that_go_with_known_words_tell_as_well() -> None:
    """“Monday” is in no known text; beside “locked” in others it speaks for that leaf."""
    texts = ["locked on monday", "locked, monday again", "monday", "rejected on friday", "friday rejected"]
    odds = told_apart(texts, 3, ["locked"], ["rejected"])
    assert odds[2] > 0


def test_as_many_are_a_leafs_as_lie_in_its_file_though_only_the_others_texts_are_known() -> None:
    """What both have in common would draw all to the leaf of which something is known."""
    texts = [f"please help, {text}, thanks" for text in (*LOCKED, *FAILED)]
    known = ["please help, was the transfer rejected, thanks", "please help, the transfer failed, thanks"]
    odds = told_apart(texts, len(LOCKED), ["account"], known)
    assert [odd > 0 for odd in odds] == [True] * len(LOCKED) + [False] * len(FAILED)


def test_examples_are_moved_where_they_are_more_what_a_leaf_is_called() -> None:
    bench = bench_of(world(), [])
    back = [("my transfer was not executed", "account_locked", "transfer_failed")]
    assert called_better(bench, back) > 0.1
    (text, out, to) = back[0]
    assert called_better(bench, [(text, to, out)]) == -called_better(bench, back)
