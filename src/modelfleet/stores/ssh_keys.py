"""People's SSH keys: which one signs, its public half, and the key inside a signature."""

import base64
import binascii
import hashlib
import os
import subprocess
from pathlib import Path

from modelfleet.domain.errors import ConfigurationError
from modelfleet.stores.allowed_signers import KEY

__all__ = ["find_key", "fingerprint", "key_of_signature", "public_key", "ssh_keygen"]

ENVIRONMENT = "MODELFLEET_KEY"
ARMOUR = ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----")
MAGIC = b"SSHSIG"
SECONDS = 300
"""How long a person may take for a passphrase or a touch."""


def ssh_keygen(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run ``ssh-keygen``; times that it is told and reads are UTC.

    Raises:
        ConfigurationError: the machine has none, or it does not answer.
    """
    try:
        return subprocess.run(  # noqa: S603  arguments are ours, no shell
            ["ssh-keygen", *arguments],  # noqa: S607  wherever the system has it
            input=given,
            capture_output=True,
            check=False,
            timeout=SECONDS,
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        )
    except FileNotFoundError as error:
        raise ConfigurationError(
            "ssh-keygen is not installed, and signatures need it; install OpenSSH 8.9 or later"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError(f"ssh-keygen did not answer within {SECONDS} s") from error


def find_key(option: str | None = None) -> Path:
    """The key that a person signs with.

    The option, else ``MODELFLEET_KEY``, else git's ``user.signingkey`` where ``gpg.format`` is
    ``ssh``, else ``~/.ssh/id_ed25519``. A public key's file stands for a key in the agent.

    Raises:
        ConfigurationError: there is no such file.
    """
    named = option or os.environ.get(ENVIRONMENT) or _git_key()
    key = Path(named).expanduser() if named else Path.home() / ".ssh" / "id_ed25519"
    if not key.is_file():
        where = "the option --key" if option else f"{ENVIRONMENT}, git or the usual place"
        raise ConfigurationError(
            f"there is no key {str(key)!r}, which {where} names; make one with `ssh-keygen -t "
            f"ed25519`, or name yours with --key or {ENVIRONMENT}"
        )
    return key


def _git_key() -> str | None:
    if _git("gpg.format") != "ssh":
        return None
    return _git("user.signingkey") or None


def _git(setting: str) -> str:
    command = ["git", "config", "--get", setting]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def public_key(key: Path) -> str:
    """The public half of a key, in base64 as ``allowed_signers`` has it.

    Args:
        key: a private key's file, or a public one's.

    Raises:
        ConfigurationError: the file holds no key that can be read.
    """
    beside = key if key.suffix == ".pub" else key.with_name(f"{key.name}.pub")
    if beside.is_file():
        text = beside.read_text("utf-8", errors="replace")
    else:
        text = ssh_keygen("-y", "-f", str(key)).stdout.decode(errors="replace")
    if (found := KEY.search(text)) is None:
        raise ConfigurationError(f"{str(key)!r} holds no SSH key, or it cannot be opened")
    return found[2]


def key_of_signature(signature: bytes) -> str:
    """The public key inside an armoured signature, in base64.

    The format is ``PROTOCOL.sshsig`` of OpenSSH: magic, version, then length and key.

    Raises:
        ValueError: it is no SSH signature.
    """
    lines = signature.decode("ascii", errors="replace").split()
    text = " ".join(lines)
    start, end = ARMOUR
    if not (text.startswith(start) and text.endswith(end)):
        raise ValueError("it is no SSH signature")
    try:
        raw = base64.b64decode("".join(text[len(start) : -len(end)].split()), validate=True)
    except binascii.Error:
        raise ValueError("it is no SSH signature") from None
    size = int.from_bytes(raw[10:14], "big")
    if raw[:6] != MAGIC or len(raw) < 14 + size:
        raise ValueError("it is no SSH signature")
    return base64.b64encode(raw[14 : 14 + size]).decode()


def fingerprint(key: str) -> str:
    """A key's fingerprint, as ``ssh-keygen -l`` shows it."""
    digest = hashlib.sha256(base64.b64decode(key)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
