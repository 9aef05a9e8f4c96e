"""A small organisation for tests: people with real SSH keys, owners, and releases to approve."""

import io
import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from modelfleet.domain.releases import Manifest
from modelfleet.fleet.provenance import attachments
from modelfleet.fleet.release_content import ReleaseDraft
from modelfleet.stores.governance import Governance, Places

__all__ = ["NOON", "Organisation", "make_key", "small_release"]

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
"""The present of most tests."""


def make_key(folder: Path, name: str) -> Path:
    """A key pair without a passphrase; the private key's file."""
    file = folder / name
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file


def small_release(
    note: str = "x",
    *,
    cohorts: tuple[str, ...] = ("north", "south"),
    holds: tuple[str, ...] = (),
) -> ReleaseDraft:
    """A release of one sensor per cohort; another note is another release."""
    serves = pl.DataFrame({"sensor_id": [f"s-{c}" for c in cohorts], "cohort": list(cohorts)})
    table = io.BytesIO()
    serves.write_parquet(table)
    contents = {"serves.parquet": table.getvalue(), "configuration.json": json.dumps(note).encode()}
    manifest = Manifest.of(contents, code="c", versions={}, readings="r")
    about = {"run_id": note, "started_at": "2027-03-01T00:00:00+00:00", "holds": list(holds)}
    return ReleaseDraft(contents, manifest, attachments(about, {"report.html": b"<p>"}))


@dataclass
class Organisation:
    """A folder with keys, ``allowed_signers`` and the storage of one environment.

    ``data-science`` asks, ``north-operations`` owns north, ``south-operations`` owns south,
    ``operations`` owns both.
    """

    folder: Path
    root: str
    policies: dict[str, Any]
    owners: dict[str, Any]
    former: dict[str, datetime]
    keys: dict[str, Path]

    @classmethod
    def make(cls, folder: Path, *, root: str | None = None) -> "Organisation":
        """Everybody has one key that is valid for ever."""
        folder.mkdir(parents=True, exist_ok=True)
        names = ("data-science", "north-operations", "south-operations", "operations")
        made = cls(
            folder=folder,
            root=root or str(folder / "data"),
            policies={"default": "four_eyes"},
            owners={
                "cohorts": {
                    "north": ["north-operations", "operations"],
                    "south": ["south-operations", "operations"],
                }
            },
            former={},
            keys={name: make_key(folder, name) for name in names},
        )
        made.allow(*(made.line(name) for name in names))
        return made

    def copy(self, folder: Path) -> "Organisation":
        """The same people, keys and storage in another folder; cheaper than to make them anew."""
        shutil.copytree(self.folder, folder)
        keys = {name: folder / file.name for name, file in self.keys.items()}
        return replace(self, folder=folder, root=str(folder / "data"), keys=keys)

    @property
    def allowed_signers(self) -> Path:
        """Whose key is whose."""
        return self.folder / "allowed_signers"

    @property
    def revoked_keys(self) -> Path:
        """Keys that count no more; none until one is revoked."""
        return self.folder / "revoked_keys"

    def line(self, name: str, *, key: str | None = None, options: str = "") -> str:
        """A line of ``allowed_signers``."""
        kind, text, _ = self.public(key or name).split(" ", maxsplit=2)
        return " ".join(part for part in (name, options, kind, text) if part)

    def public(self, name: str) -> str:
        """A public key as its file has it."""
        return self.keys[name].with_suffix(".pub").read_text().strip()

    def allow(self, *lines: str) -> None:
        """Write ``allowed_signers`` anew."""
        self.allowed_signers.write_text("\n".join(["# whose key is whose", *lines, ""]))

    def revoke(self, name: str) -> None:
        """Revoke a key."""
        self.revoked_keys.write_text(self.public(name) + "\n")

    def open(self, environment: str = "production") -> Governance:
        """The governance as it is configured now."""
        return Governance.at(
            Places.model_validate(
                {
                    "environment": environment,
                    "channel": f"{self.root}/channels/{environment}",
                    "approvals": f"{self.root}/approvals/{environment}",
                    "releases": f"{self.root}/releases",
                    "witness": f"{self.root}/witness",
                    "owners": {
                        "policies": self.policies,
                        "owners": self.owners,
                        "former": self.former,
                        "allowed_signers": str(self.allowed_signers),
                        "revoked_keys": str(self.revoked_keys)
                        if self.revoked_keys.exists()
                        else None,
                    },
                }
            )
        )

    def publish(self, note: str = "x", **options: Any) -> str:
        """Publish a small release; its name."""
        draft = small_release(note, **options)
        self.open().releases.publish(draft)
        return draft.rid

    def promote(self, note: str, *, at: datetime = NOON, by: str = "operations") -> str:
        """Publish a release, ask for it and approve it; its name."""
        from modelfleet.stores.governance import decide, make_request

        rid = self.publish(note)
        asked = make_request(
            self.open(), rid, reason="better", key=self.keys["data-science"], now=at
        )
        decide(
            self.open(),
            asked.id,
            decision="approve",
            reason="looked at",
            key=self.keys[by],
            now=at + timedelta(minutes=1),
        )
        return rid
