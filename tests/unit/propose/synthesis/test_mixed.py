"""Two leaves' examples that lie in each other's files, told apart by what is known of a few texts."""

from fixloop.propose.synthesis.mixed import told_apart

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
    odds = told_apart([*LOCKED, *FAILED], ["is my account locked"], ["was the transfer rejected"])
    assert [odd > 0 for odd in odds] == [True] * len(LOCKED) + [False] * len(FAILED)


def test_what_nothing_is_known_of_is_nobodys() -> None:
    first, second = told_apart(["zzyzx qwv", ""], ["is my account locked"], ["was the transfer rejected"])
    assert abs(first) < 1
    assert abs(second) < 1


def test_words_that_go_with_known_words_tell_as_well() -> None:
    """“Monday” is in no known text; beside “locked” in others it speaks for that leaf."""
    texts = ["locked on monday", "locked, monday again", "monday", "rejected on friday", "friday rejected"]
    odds = told_apart(texts, ["locked"], ["rejected"])
    assert odds[2] > 0
