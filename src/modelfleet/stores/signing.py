"""Signatures by people's SSH keys, made and verified by ``ssh-keygen``: no secret is ours."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from modelfleet.domain.approvals import Signature, raise_refusals, refusal
from modelfleet.domain.errors import ConfigurationError
from modelfleet.stores.allowed_signers import read_allowed_signers
from modelfleet.stores.ssh_keys import fingerprint, key_of_signature, public_key, ssh_keygen

__all__ = ["Signers", "sign"]


def sign(content: bytes, *, namespace: str, key: Path) -> bytes:
    """Sign bytes with a person's key, which may ask for its passphrase.

    Args:
        content: what is signed.
        namespace: what the signature is for.
        key: a private key's file, or a public one's whose private half the agent holds.

    Raises:
        ConfigurationError: the key cannot sign.
    """
    done = ssh_keygen("-Y", "sign", "-f", str(key), "-n", namespace, given=content)
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ConfigurationError(f"{str(key)!r} cannot sign: {said[-1] if said else 'no answer'}")
    return done.stdout


@dataclass(frozen=True)
class Signers:
    """Whose key is whose, and which keys count no more.

    What was found is kept for as long as this object lives: make a new one for each look.

    Attributes:
        allowed: a file in the format of ``ssh-keygen``'s ``allowed_signers``.
        revoked: a file of public keys, one a line, or a key revocation list; ``None`` for none.
    """

    allowed: str
    revoked: str | None = None
    _verified: dict[tuple[bytes, bytes, str, datetime], Signature] = field(
        default_factory=dict, repr=False, compare=False
    )

    @cached_property
    def principals(self) -> dict[str, str]:
        """Key, in base64, to the one person whose it is.

        Raises:
            ConfigurationError: a file is absent or malformed, or a key has two names.
        """
        if self.revoked and not Path(self.revoked).is_file():
            raise ConfigurationError(
                f"there is no file {self.revoked!r}; owners.yml names it as revoked_keys"
            )
        return read_allowed_signers(Path(self.allowed))

    def principal_of(self, key: Path) -> str:
        """The person whose key it is.

        Raises:
            RefusedError: it is nobody's.
        """
        public = public_key(key)
        if (name := self.principals.get(public)) is None:
            raise_refusals([refusal("unknown_signer", "it", detail=fingerprint(public))])
        return name or ""

    def verify(
        self, content: bytes, signature: bytes, *, namespace: str, at: Sequence[datetime]
    ) -> Signature:
        """Verify a signature, and that its key was valid at each of some times.

        Revocation has no time: a revoked key counts no more, whenever it signed.
        """
        try:
            key = key_of_signature(signature)
        except ValueError as error:
            return Signature(None, "", "bad_signature", str(error))
        mark, name = fingerprint(key), self.principals.get(key)
        if name is None:
            return Signature(None, mark, "unknown_signer", mark)
        for moment in sorted(set(at)):
            known = (content, signature, namespace, moment)
            if known not in self._verified:
                flaw = self._flaw(content, signature, namespace, name, moment)
                self._verified[known] = Signature(name, mark, flaw, moment.isoformat())
            if self._verified[known].flaw:
                return self._verified[known]
        return Signature(name, mark)

    def _flaw(
        self, content: bytes, signature: bytes, namespace: str, name: str, moment: datetime
    ) -> str | None:
        """What is wrong with the signature of a person at one time."""
        with tempfile.TemporaryDirectory(prefix="modelfleet-") as folder:
            file = Path(folder) / "signature"
            file.write_bytes(signature)
            check = _Check(content, file, namespace, name, self)
            return None if check.valid(moment, revoked=self.revoked) else check.flaw(moment)


@dataclass(frozen=True)
class _Check:
    """One signature, ready to be asked about."""

    content: bytes
    file: Path
    namespace: str
    name: str
    signers: Signers

    def valid(self, moment: datetime, *, revoked: str | None) -> bool:
        stamp = moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")
        options = ["-f", self.signers.allowed, "-I", self.name, f"-Overify-time={stamp}"]
        return self._ask("verify", *options, *(["-r", revoked] if revoked else []))

    def flaw(self, moment: datetime) -> str:
        """Why it is not valid: the exit code alone does not say."""
        if not self._ask("check-novalidate"):
            return "bad_signature"
        revoked = self.signers.revoked and self.valid(moment, revoked=None)
        return "revoked_key" if revoked else "expired_key"

    def _ask(self, what: str, *options: str) -> bool:
        named = ("-n", self.namespace, "-s", str(self.file))
        return ssh_keygen("-Y", what, *named, *options, given=self.content).returncode == 0
