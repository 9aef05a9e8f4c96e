"""The exception tree, and how offenders are named."""

import inspect

from modelfleet.domain import errors
from modelfleet.domain.errors import ModelfleetError, listing


def test_every_error_is_one_of_ours_and_is_drawn_in_the_tree():
    """One `except ModelfleetError` catches all, and the drawing shows each where it hangs."""
    drawn = {}
    path = []
    for line in errors.__doc__.splitlines():
        name = next((word for word in line.split() if word.endswith("Error")), None)
        if name is None:
            continue
        depth = (line.index(name) - 4) // 4
        path = [*path[:depth], name]
        drawn[name] = path[-2] if depth else "Exception"
    real = {
        name: kind.__base__.__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, ModelfleetError)
    }
    assert drawn == real
    assert set(real) | {"LISTED", "listing"} == set(errors.__all__)


def test_up_to_ten_offenders_are_named():
    """A short list is told in full."""
    assert listing(range(10)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"


def test_more_than_ten_are_counted():
    """A message stays short however large the fleet."""
    assert listing(range(5000)).endswith("8, 9 and 4990 more")
    assert listing(["a", "b", "c"], limit=1) == "'a' and 2 more"


def test_nobody_to_name():
    """No offenders, no text."""
    assert listing([]) == ""


def test_of_the_first_few_the_others_are_counted():
    """Where only the first offenders are at hand, their number is given."""
    assert listing([3, 5], count=12) == "3, 5 and 10 more"
    assert listing([3, 5], count=2) == "3, 5"
