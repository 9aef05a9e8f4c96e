"""Forty bad inputs: each gets its verdict and its reason, and no row is unaccounted.

`pytest -k bad_inputs` ends with the table of all of them.
"""

from pathlib import Path

import pytest

from modelfleet.domain.errors import ModelfleetError
from tests.bad_inputs.cases import CASES, Case
from tests.bad_inputs.feed import Plant
from tests.bad_inputs.summary import LISTED, Record


def test_every_bad_input_of_the_list_is_here() -> None:
    """One case at least for each number, and no two cases of one name."""
    assert {each.number for each in CASES} == set(range(1, LISTED + 1))
    assert len({str(each) for each in CASES}) == len(CASES)


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Record:
    """Takes down the case for the table, whether it passes or not."""
    return Record.of(request.node)


@pytest.mark.parametrize("bad", [c for c in CASES if c.verdict == "F"], ids=str)
def test_it_fails_before_it_writes(bad: Case, tmp_path: Path, record: Record) -> None:
    """The error names file, offender and remedy; what is stored stays as it was."""
    record.case(bad)
    plant = Plant(tmp_path, bad)
    for position in range(len(bad.deliveries) - 1):
        plant.deliver(position)
        plant.ingest()
    before, taken = plant.files(), plant.delivered
    names = plant.deliver(len(bad.deliveries) - 1)
    with pytest.raises(ModelfleetError) as caught:
        plant.ingest()
    message = str(caught.value)
    assert names[-1] in message or "raw sensors" in message
    for part in (bad.reason, *bad.says):
        assert part in message
    for part in bad.hides:
        assert part not in message
    assert plant.files() == before
    assert plant.stored.exists() == (len(bad.deliveries) > 1), "nothing is written"
    plant.delivered = taken
    record.unaccounted(plant.unaccounted() if taken else 0)


@pytest.mark.parametrize("bad", [c for c in CASES if c.verdict == "R"], ids=str)
def test_its_rows_are_rejected(bad: Case, tmp_path: Path, record: Record) -> None:
    """With the reason, and as they came."""
    plant = fed(bad, tmp_path, record)
    last = plant.store.accounts()[-1]
    assert last.rejected == {bad.reason: last.rows_in - last.stored}
    assert set(plant.rejected()["reason"]) == {bad.reason}


@pytest.mark.parametrize("bad", [c for c in CASES if c.verdict == "N"], ids=str)
def test_it_is_normalised_and_counted(bad: Case, tmp_path: Path, record: Record) -> None:
    """Nothing is rejected, and the account says how often it was met."""
    plant = fed(bad, tmp_path, record)
    last = plant.store.accounts()[-1]
    name, _, figure = bad.reason.partition("=")
    assert str(getattr(last, name)) == figure
    assert last.rejected == {}


@pytest.mark.parametrize("bad", [c for c in CASES if c.verdict == "S"], ids=str)
def test_its_sensor_is_quarantined(bad: Case, tmp_path: Path, record: Record) -> None:
    """With the reason and its figures; the sensors beside it are admitted."""
    admissions = fed(bad, tmp_path, record).admissions()
    quarantined = {name: row for name, row in admissions.items() if not row["admitted"]}
    assert {name: "; ".join(row["reasons"]) for name, row in quarantined.items()} == dict.fromkeys(
        bad.faulty, bad.reason
    )
    for row in quarantined.values():
        assert [text.partition(":")[0] for text in row["explanation"]] == row["reasons"]
    told = "; ".join(text for row in quarantined.values() for text in row["explanation"])
    assert all(part in told for part in bad.says)
    assert "sound" in admissions.keys() - quarantined.keys()


def fed(bad: Case, folder: Path, record: Record) -> Plant:
    """A plant to which everything was delivered, and that lost no row."""
    record.case(bad)
    plant = Plant(folder, bad)
    for position in range(len(bad.deliveries)):
        plant.deliver(position)
        plant.ingest()
    for account in plant.store.accounts():
        account.check()
    lost = plant.unaccounted()
    record.unaccounted(lost)
    assert lost == 0
    return plant
