"""People's keys: which one signs, and what is said where none can."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelfleet.domain.errors import ConfigurationError
from modelfleet.stores.allowed_signers import read_allowed_signers
from modelfleet.stores.signing import Signers, sign
from modelfleet.stores.ssh_keys import find_key, fingerprint, key_of_signature, public_key
from tests.people import make_key

NOW = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a key and without settings."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.delenv("MODELFLEET_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_key_is_found_where_people_have_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option wins over the environment, that over git, and that over the usual place."""
    with pytest.raises(ConfigurationError, match=r"there is no key .*id_ed25519.*ssh-keygen -t"):
        find_key()
    (home / ".ssh").mkdir()
    usual = make_key(home / ".ssh", "id_ed25519")
    assert find_key() == usual
    ours = make_key(home, "for-git")
    config = home / "gitconfig"
    config.write_text(f"[user]\n signingkey = {ours}\n")
    assert find_key() == usual, "git signs with something else than SSH"
    config.write_text(f"[user]\n signingkey = {ours}\n[gpg]\n format = ssh\n")
    assert find_key() == ours
    named = make_key(home, "named")
    monkeypatch.setenv("MODELFLEET_KEY", str(named))
    assert find_key() == named
    assert find_key(str(usual)) == usual
    with pytest.raises(ConfigurationError, match="no key 'nowhere', which the option --key names"):
        find_key("nowhere")


def test_a_public_key_stands_for_one_in_the_agent(home: Path, monkeypatch) -> None:
    """The private key is not on this disk; the agent signs with it."""
    key = make_key(home, "held")
    started = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True)
    settings = dict(
        line.split(";")[0].split("=") for line in started.stdout.splitlines() if "=" in line
    )
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", settings["SSH_AUTH_SOCK"])
        subprocess.run(["ssh-add", "-q", str(key)], check=True, capture_output=True)
        key.unlink()
        public = key.with_suffix(".pub")
        signature = sign(b"x", namespace="n@n", key=public)
        assert key_of_signature(signature) == public_key(public)
        allowed = home / "allowed"
        allowed.write_text(f"me {public.read_text()}")
        assert Signers(str(allowed)).verify(b"x", signature, namespace="n@n", at=[NOW]).flaw is None
    finally:
        os.kill(int(settings["SSH_AGENT_PID"]), 15)


def test_a_key_that_cannot_sign_is_told(home: Path) -> None:
    """With what ssh-keygen said."""
    key = make_key(home, "gone")
    key.unlink()
    with pytest.raises(ConfigurationError, match="cannot sign: "):
        sign(b"x", namespace="n@n", key=key.with_suffix(".pub"))
    note = home / "note.txt"
    note.write_text("no key")
    with pytest.raises(ConfigurationError, match="holds no SSH key"):
        public_key(note)


def test_a_machine_without_ssh_keygen_is_told(home: Path, monkeypatch) -> None:
    """Signatures need it."""
    key = make_key(home, "id")
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(ConfigurationError, match="ssh-keygen is not installed"):
        sign(b"x", namespace="n@n", key=key)
    assert public_key(key), "read from the file beside it"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nobody", "line 2: expected a name, options if any, and a public key"),
        ("ssh-ed25519 AAAA", "line 2: expected a name"),
        ("*@example.org ssh-ed25519 AAAA", "is no name of one person"),
        ("ca cert-authority ssh-ed25519 AAAA", "line 2: expected a name"),
        ("one,two ssh-ed25519 AAAA", "gives one key two names, 'one', 'two'"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str, message: str) -> None:
    """A key has one name, and a name is of one person."""
    file = tmp_path / "allowed_signers"
    file.write_text(f"# whose key is whose\n{line}\n")
    with pytest.raises(ConfigurationError, match=message):
        read_allowed_signers(file)


@pytest.mark.parametrize(
    "text",
    ["", "x", "-----BEGIN SSH SIGNATURE-----\n!\n-----END SSH SIGNATURE-----",
     "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----"],
)  # fmt: skip
def test_what_is_no_signature_has_no_key(text: str) -> None:
    """Neither text, nor bad base64, nor half of one."""
    with pytest.raises(ValueError, match="no SSH signature"):
        key_of_signature(text.encode())


def test_the_fingerprint_is_the_one_that_people_know(tmp_path: Path) -> None:
    """As ``ssh-keygen -l`` prints it."""
    key = make_key(tmp_path, "id")
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(key)], capture_output=True, text=True, check=True
    )
    assert fingerprint(public_key(key)) in shown.stdout.split()
