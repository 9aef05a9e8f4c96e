"""The page on a release."""

from typing import Any

from modelfleet.fleet.model_card import model_card
from modelfleet.fleet.service import TablesInHand
from tests.releases import CONFIGURATION, on_backup, sensor, tables

RUN = {
    "run_id": "r-1", "started_at": "2026-02-01T00:00:00+00:00", "by": "robot", "fleet": "plant",
    "readings": {"table_id": "t", "version": 4},
}  # fmt: skip
FLEET = [
    sensor("good", skill=0.4),
    sensor("weak", skill=0.01, cohort="south"),
    on_backup("backup", cohort="south"),
    sensor("silent", outcome="quarantined", serves="none", version=None, reasons=["dead"]),
]


def card(sensors: list[dict[str, Any]] | None = None, **run: Any) -> str:
    """The card of a release of these sensors."""
    return model_card("a" * 64, TablesInHand(tables(sensors or FLEET)), CONFIGURATION, RUN | run)


def section(text: str, title: str) -> str:
    """One section of a card."""
    return text.split(f"## {title}\n")[1].split("\n## ", maxsplit=1)[0]


def test_it_says_what_it_is_for_and_how_many_are_on_backup() -> None:
    """Purpose, release, run, and shares that sum to the fleet."""
    purpose = section(card(), "What it is for")
    assert "4 sensors of the fleet plant: 24 steps" in purpose
    assert "| served by a model | 2 (50 %) |" in purpose
    assert "| on backup | 1 (25 %) |" in purpose
    assert "| served by nothing | 1 (25 %) |" in purpose


def test_it_says_what_it_learned_from_and_what_was_left_out() -> None:
    """Period, table and version, excluded events."""
    data = section(card(), "Data")
    assert "| learned from | 2025-03-31 to 2026-01-05 |" in data
    assert "| readings | table t, version 4 |" in data
    assert "| excluded kinds of event | burst |" in data
    assert "| linear | – | 2 |" in section(card(), "Recipes")


def test_figures_stand_by_cohort_and_the_worst_first() -> None:
    """Sensors that nothing serves come before weak models."""
    assert "| south | 2 | 1 | 1 (50 %) | 1.0 % | 91.0 % |" in section(card(), "Figures")
    worst = section(card(), "Worst sensors")
    assert worst.index("silent") < worst.index("weak") < worst.index("good")


def test_holds_and_pins_are_told() -> None:
    """What a person has to know before signing."""
    assert "Nothing" in section(card(), "What held it")
    held = {"holds": ["no_skill"], "hold_reasons": [{"code": "no_skill", "sentence": "poor"}]}
    assert "- `no_skill`: poor" in section(card(**held), "What held it")
    pin = {"sensor": "weak", "source": "b" * 64, "by": "planning", "reason": "calm", "at": ""}
    assert "`weak` was pinned from bbbbbbbbbbbb by planning: calm" in card(pins=[pin])


def test_the_same_release_and_run_give_the_same_card() -> None:
    """Else what was signed could not be made again."""
    assert card() == card()


def test_names_from_outside_cannot_break_the_page() -> None:
    """Markdown and HTML in an id stay text, in one line."""
    text = card([sensor("a|b\n<script>", cohort="n|x", skill=0.1)])
    assert "<script>" not in text
    assert "a\\|b &lt;script>" in text


def test_a_fleet_of_many_cohorts_stays_one_page() -> None:
    """Forty are listed and the others counted."""
    text = card([sensor(f"s{k:03}", cohort=f"c{k:03}") for k in range(60)])
    assert "and 20 cohorts more" in text
    assert text.count("\n") < 130


def test_a_release_without_models_says_so() -> None:
    """All on backup: the card is made all the same."""
    text = card([on_backup("a"), on_backup("b")])
    assert "No model serves." in section(text, "Recipes")
    assert "| served by a model | 0 (0 %) |" in text
