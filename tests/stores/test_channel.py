"""The log of what is live only grows, and shows a changed past."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from modelfleet.domain.errors import RefusedError, ReleaseError
from modelfleet.stores.channel import Channel
from modelfleet.stores.governance import ChannelDataset, Governance, append_automatic
from tests.governed import Governed, decision, governance
from tests.stores.races import race

R1, R2, R3 = (digit * 64 for digit in "123")


@pytest.fixture
def place(tmp_path: Path) -> Governance:
    return governance(str(tmp_path))


def test_entries_name_the_one_before(place: Governance) -> None:
    """A chain from the first to the last."""
    assert append_automatic(place, decision(R1, "a", "b"))
    assert append_automatic(place, decision(R2, "a"))
    first, second = place.channel.entries()
    assert (first.before, second.before) == (None, first.digest)
    assert (first.position, second.position) == (1, 2)
    assert place.channel.live() == {"a": R2, "b": R1}, "what a decision does not name stays"
    assert place.channel.head() == second.digest
    assert second.provenance == {R2: "d" * 64}


def test_what_is_live_already_is_not_appended(place: Governance) -> None:
    """A run that changes nothing leaves no entry."""
    append_automatic(place, decision(R1))
    assert not append_automatic(place, decision(R1))
    assert len(place.channel.entries()) == 1


def swap(folder: Path) -> None:
    one, two = folder / "000001.json", folder / "000002.json"
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


def edit(folder: Path) -> None:
    entry = folder / "000002.json"
    entry.write_text(entry.read_text().replace(R2, R3))


def link(folder: Path) -> None:
    entry = folder / "000002.json"
    entry.rename(folder.parent / "elsewhere.json")
    entry.symlink_to(folder.parent / "elsewhere.json")


def link_the_folder(folder: Path) -> None:
    folder.rename(folder.parent / "elsewhere")
    folder.symlink_to(folder.parent / "elsewhere", target_is_directory=True)


def inflate(folder: Path) -> None:
    os.truncate(folder / "000002.json", 2**30)  # a sparse file, that nobody reads


def spell_differently(folder: Path) -> None:
    """The same values in other bytes: another digest for the same entry."""
    entry = folder / "000003.json"
    entry.write_text(entry.read_text().replace(",", ", "))


DAMAGES = [
    (edit, "000003.json: it does not follow from the entry before"),
    (swap, "000001.json: it does not follow"),
    (lambda f: (f / "000002.json").unlink(), "000002.json: it is missing"),
    (lambda f: (f / "000001.json").write_text("{}"), "000001.json: it is no entry: position"),
    (lambda f: (f / "note.txt").write_text("{}"), "note.txt: it is no entry of the channel"),
    (lambda f: (f / "sub").mkdir() or (f / "sub" / "x").write_text(""), "sub: it is no entry"),
    (link, "000002.json: it is a link"),
    (link_the_folder, "the channel: it is a link"),
    (inflate, "000002.json: it is missing, or too large"),
    (spell_differently, "000003.json: the entry is not in its canonical form"),
    (lambda f: (f / "000003.json").unlink(), "entry 3: it was the last once.*truncated"),
    (lambda f: [each.unlink() for each in f.iterdir()], "entry 3: it was the last once"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_changed_past_is_noticed(
    place: Governance, damage: Callable[[Path], object], message: str
) -> None:
    """It is told where the chain breaks, nothing is appended, and what was before can be read."""
    for rid in (R1, R2, R3):
        append_automatic(place, decision(rid))
    damage(Path(place.channel_objects.root))
    with pytest.raises(ReleaseError, match=message):
        place.channel.live()
    with pytest.raises(ReleaseError, match="broken"):
        append_automatic(place, decision("4" * 64))
    chain = place.channel.read()
    assert chain.problems
    assert [entry.position for entry in chain.entries] == list(range(1, len(chain.entries) + 1))


def test_a_lost_witness_does_not_stop_anybody(place: Governance) -> None:
    """It is a second opinion: an audit says that it is missing, and the next entry renews it."""
    append_automatic(place, decision(R1))
    place.witness.objects.remove("local.json")
    assert place.channel.live() == {"a": R1}
    append_automatic(place, decision(R2))
    seen = place.witness.seen()
    assert seen is not None
    assert (seen.position, seen.digest) == (2, place.channel.head())
    place.witness.objects.put("local.json", b"half")
    with pytest.raises(ReleaseError, match=r"witness .* cannot be read"):
        place.channel.live()


def test_the_witness_never_moves_back(place: Governance) -> None:
    """Of two writers the slower one does not make it forget the other's entry."""
    for rid in (R1, R2):
        append_automatic(place, decision(rid))
    first, second = place.channel.entries()
    place.witness.move(first)
    seen = place.witness.seen()
    assert seen is not None
    assert seen.position == second.position


def test_the_channel_itself_refuses_what_is_under_four_eyes(tmp_path: Path) -> None:
    """Whoever hands it a run's decision; and then none of its cohorts goes live."""
    place = governance(str(tmp_path), "automatic", b="four_eyes")
    with pytest.raises(RefusedError, match="cohort b is under four eyes") as caught:
        append_automatic(place, decision(R1, "a", "b"))
    assert [refusal.what for refusal in caught.value.refusals] == ["b"]
    assert place.channel.entries() == []
    assert append_automatic(place, decision(R1, "a"))


def test_of_two_writers_one_wins(place: Governance, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other is told that the channel moved, and nothing is overwritten."""
    append_automatic(place, decision(R1))
    monkeypatch.setattr(Channel, "entries", lambda _: [])
    with pytest.raises(ReleaseError, match="moved"):
        append_automatic(place, decision(R2))
    monkeypatch.undo()
    assert place.channel.live() == {"a": R1}


def test_two_promoters_race_five_hundred_times(tmp_path: Path) -> None:
    """Each time one wins and the other is told; the chain is never broken."""
    won = [race(governance(str(tmp_path / str(part))), rounds=25) for part in range(20)]
    assert sum(map(sum, won)) == 500


def test_a_decision_that_waits_appends_nothing(tmp_path: Path) -> None:
    """Under four eyes a run makes nothing live."""
    places = {n: str(tmp_path / n) for n in ("channel", "approvals", "releases", "witness")}
    dataset = ChannelDataset(
        filepath=places["channel"],
        governance={
            "environment": "local",
            **places,
            "owners": Governed("four_eyes").owners.model_dump(),
        },
    )
    dataset.save(decision(""))
    assert not dataset.exists()
    assert not list(tmp_path.iterdir())
    with pytest.raises(Exception, match="cohort a is under four eyes"):
        dataset.save(decision(R1))
    assert not dataset.exists()
