"""SIGKILL while releases are published and promoted: all or nothing, every time."""

import itertools
from pathlib import Path

from modelfleet.stores.governance import append_automatic, open_live
from tests.faults import KILLS, kill_at_random
from tests.governed import decision, governance
from tests.people import small_release

KILLED = max(200, KILLS)
PER_FOLDER = 20


def publish_and_promote(root: str) -> None:
    """Release after release, until somebody ends it."""
    place = governance(root)
    for number in itertools.count(len(place.channel.entries())):
        release = small_release(str(number))
        place.releases.publish(release)
        digest = place.releases.provenance_digest(release.rid)
        made = decision(release.rid, "north", "south", provenance=digest)
        append_automatic(place, made)


def test_a_killed_promotion_leaves_whole_releases_and_whole_entries(tmp_path: Path) -> None:
    """At 200 random points: never half a release, never half an entry, and the next goes on."""
    interrupted, leftovers, published = 0, 0, 0
    for kill in range(KILLED):
        root = str(tmp_path / str(kill // PER_FOLDER))
        interrupted += kill_at_random(publish_and_promote, root, within=0.1, seed=kill)
        place = governance(root)
        entries = place.channel.entries()
        live = open_live(place)
        assert live.problems == ()
        assert live.serves == (entries[-1].serves if entries else {})
        known = place.releases.rids()
        assert {entry.serves["north"] for entry in entries} <= set(known)
        for rid in known[-1:]:
            place.releases.open(rid)
        published += len(known)
        leftovers += len(place.releases.objects.folders()) - len(known)
    assert interrupted == KILLED
    assert published > KILLED, "something was published between two kills"
    assert leftovers, "some were killed in the middle of publishing"
