"""Sends one notice to one address with Apprise, and says what went wrong without the address.

An address is a secret: it holds passwords and tokens, and so may what a service or a library says
about it. Nothing of it but the name of a host reaches a log or an error.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from modelfleet.fleet.notices import Notice, notice_title

__all__ = ["send_notice"]

HIDDEN = "****"
TONES = {"held": "warning", "rejected": "warning", "rolled_back": "warning"}
TONES |= {"approved": "success", "live": "success"}
TALKATIVE = ("apprise", "requests", "urllib3")


def send_notice(notice: Notice, url: str) -> str | None:
    """Send a notice; takes some seconds at most, as Apprise's own time limits are.

    Args:
        notice: what is told.
        url: where, as Apprise writes it.

    Returns:
        why it failed, without secrets; ``None`` where the service took it.
    """
    try:
        import apprise
    except ImportError:
        return "Apprise is not installed: install modelfleet[notify]"
    with _listening() as said:
        asset = apprise.AppriseAsset(app_id="Modelfleet", storage_mode="memory")
        try:
            target = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
            if target is None:
                return "the address is none that Apprise knows: correct it in the credentials"
            sent = target.notify(
                body=notice.text,
                title=notice_title(notice),
                notify_type=apprise.NotifyType(TONES.get(notice.kind, "info")),
            )
        except Exception as error:  # noqa: BLE001  plugins of Apprise raise what they like
            return _without_secrets(f"{type(error).__name__}: {error}", url)
    if sent:
        return None
    return _without_secrets(" ".join(said) or "the service did not take it", url)


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Hear the warnings of Apprise, and keep them and those of what it uses out of all logs."""
    said: list[str] = []
    ear = logging.Handler(logging.WARNING)
    ear.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in TALKATIVE]
    before = [(each.propagate, each.level, each.handlers) for each in loggers]
    for each in loggers:
        each.propagate, each.handlers = False, [ear] if each.name == "apprise" else []
        each.setLevel(logging.WARNING)
    try:
        yield said
    finally:
        for each, (propagate, level, handlers) in zip(loggers, before, strict=True):
            each.propagate, each.handlers = propagate, handlers
            each.setLevel(level)


def _without_secrets(text: str, url: str) -> str:
    """A text in which nothing of an address is left but the name of its host."""
    for piece in sorted(_pieces(url), key=len, reverse=True):
        text = text.replace(piece, HIDDEN)
    return text[:300]


def _pieces(url: str) -> set[str]:
    _, _, rest = url.partition("://")
    parts = {part for part in re.split(r"[/:@?&=,#+]+", rest) if len(part) > 2}
    host = urlsplit(url).hostname or ""
    # Some services put a token where others have the host; a name with a dot is a host.
    shown = {host} if "." in host or host == "localhost" else set()
    port = re.compile(r"\d{1,5}")
    return {
        form for part in parts - shown if not port.fullmatch(part) for form in (part, unquote(part))
    }
