"""Refusals as people read them."""

from modelfleet.commands.refusals import refusal_lines
from modelfleet.domain.approvals import refusal


def test_what_stands_against_many_cohorts_is_said_once() -> None:
    """With all their names; another person's refusal is another sentence."""
    found = [
        refusal("self_approval", "north", who="data-science"),
        refusal("not_owner", "north", who="data-science", detail="operations"),
        refusal("self_approval", "south", who="data-science"),
        refusal("self_approval", "south", who="data-science"),
    ]
    both, one = refusal_lines(found)
    assert both.startswith("data-science asked for the release")
    assert "for cohorts north, south; another owner must" in both
    assert one == "data-science is no owner of cohort north; its owners are operations"


def test_hundreds_of_cohorts_are_counted() -> None:
    """Nobody reads hundreds of names."""
    (line,) = refusal_lines(refusal("self_approval", f"c{n:03}", who="a") for n in range(200))
    assert "c009 and 190 more; another" in line


def test_a_refusal_about_something_else_stays_as_it_is() -> None:
    """Not everything is about a cohort."""
    each = refusal("no_request", "0123456789ab")
    assert refusal_lines([each]) == [each.sentence]
