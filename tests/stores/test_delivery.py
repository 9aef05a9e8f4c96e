"""Notices reach people through Apprise: against a real HTTP server, once, and without secrets."""

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from kedro.config import OmegaConfigLoader
from pydantic import SecretStr

from modelfleet.domain.errors import ConfigurationError
from modelfleet.fleet.notices import Notice, write_notice
from modelfleet.stores import delivery, messenger
from modelfleet.stores.addresses import Addresses, read_addresses, read_owners
from modelfleet.stores.delivery import Courier, deliver, deliver_quietly
from modelfleet.stores.messenger import send_notice
from modelfleet.stores.objects import Objects
from modelfleet.stores.outbox import PATIENCE, ObjectOutbox
from tests.webhook import Webhook, webhook

OWNERS = {"demand/A": ("network-operations",), "flow": ("network-operations", "pump-station")}
SECRETS = ("pass-word-1", "tok3n-in-path")


def note(kind: str = "held", *, age: timedelta = timedelta(0), reason: str = "too many") -> Notice:
    """A notice about two cohorts."""
    return write_notice(
        kind,  # type: ignore[arg-type]
        environment="production",
        release="a1" * 32,
        cohorts=["demand/A", "flow"],
        by="night-run",
        reason=reason,
        at=datetime.now(UTC) - age,
    )


def courier(default: str | None = None, **owners: str) -> Courier:
    """A courier who knows these addresses."""
    addresses = Addresses(
        default=(SecretStr(default),) if default else (),
        owners={name.replace("_", "-"): (SecretStr(url),) for name, url in owners.items()},
    )
    return Courier(addresses, lambda cohort: OWNERS.get(cohort, ()))


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A server that takes everything."""
    with webhook() as server:
        yield server


@pytest.fixture
def outbox(tmp_path: Path) -> ObjectOutbox:
    """An outbox with one notice."""
    box = ObjectOutbox(Objects(str(tmp_path / "outbox")))
    box.post(note())
    return box


def later(monkeypatch: pytest.MonkeyPatch, pause: timedelta) -> None:
    """Let time pass for whoever delivers."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "datetime":  # type: ignore[override]
            return datetime.now(UTC) + pause

    monkeypatch.setattr(delivery, "datetime", Clock)


def state(outbox: ObjectOutbox) -> str:
    """How far its one notice came."""
    (posted,) = outbox.all()
    return posted.state(datetime.now(UTC))


def error(outbox: ObjectOutbox) -> str:
    """Why its one notice failed for the first recipient."""
    (posted,) = outbox.all()
    return str(posted.deliveries[0].error(datetime.now(UTC)))


def test_a_notice_arrives_once(outbox: ObjectOutbox, hook: Webhook) -> None:
    """Title, sentences and tone; a second round sends nothing."""
    assert deliver(outbox, courier(hook.url())) == {"delivered": 1}
    assert deliver(outbox, courier(hook.url()), everything=True) == {}
    (body,) = hook.got
    assert body["title"] == "Modelfleet production: release a1a1a1a1a1a1 is on hold"
    assert "people have to look at it first. Reason: too many." in body["message"]
    assert body["type"] == "warning"
    assert state(outbox) == "delivered"


def test_each_owner_is_told_once_where_they_want_it(outbox: ObjectOutbox, hook: Webhook) -> None:
    """Who owns both cohorts gets one message; who has no address of their own, the default's."""
    own, general = hook.url(path="own"), hook.url(path="general")
    deliver(outbox, courier(general, network_operations=own))
    (posted,) = outbox.all()
    assert [each.to for each in posted.deliveries] == ["network-operations", "default"]
    assert len(hook.got) == 2


def test_two_owners_behind_one_address_get_one_message(outbox: ObjectOutbox, hook: Webhook) -> None:
    """A shared channel is not told twice."""
    deliver(outbox, courier(network_operations=hook.url(), pump_station=hook.url()))
    assert len(hook.got) == 1
    assert state(outbox) == "delivered"


def test_a_failure_is_kept_and_tried_again_later(
    outbox: ObjectOutbox, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503: not at once, after a minute; then two minutes; and then it arrives."""
    hook.status = 503
    assert deliver(outbox, courier(hook.url())) == {"failed": 1}
    assert "503" in error(outbox)
    assert deliver(outbox, courier(hook.url())) == {}
    later(monkeypatch, timedelta(seconds=61))
    assert deliver(outbox, courier(hook.url())) == {"failed": 1}
    later(monkeypatch, timedelta(seconds=61 + 100))
    assert deliver(outbox, courier(hook.url())) == {}
    hook.status = 200
    later(monkeypatch, timedelta(seconds=61 + 121))
    assert deliver(outbox, courier(hook.url())) == {"delivered": 1}
    assert len(hook.got) == 3
    (posted,) = outbox.all()
    assert posted.deliveries[0].attempts == 3
    assert posted.state(datetime.now(UTC)) == "delivered"


def test_who_asks_for_it_need_not_wait(outbox: ObjectOutbox, hook: Webhook) -> None:
    """``everything`` tries at once what failed a moment ago."""
    hook.status = 503
    deliver(outbox, courier(hook.url()))
    hook.status = 200
    assert deliver(outbox, courier(hook.url()), everything=True) == {"delivered": 1}


def test_one_failure_repeats_nothing_for_the_others(outbox: ObjectOutbox, hook: Webhook) -> None:
    """Only who did not get it is tried again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"json://127.0.0.1:{taken.getsockname()[1]}/"  # bound, and nobody listens
        both = courier(network_operations=hook.url(), pump_station=nobody)
        assert deliver(outbox, both) == {"delivered": 1, "failed": 1}
        assert deliver(outbox, both, everything=True) == {"failed": 1}
    assert len(hook.got) == 1
    assert state(outbox) == "failed"


def test_a_host_that_cannot_be_found_is_told(outbox: ObjectOutbox) -> None:
    """The name of the host helps; the rest of the address is a secret."""
    url = "json://fleet:pass-word-1@nowhere.invalid/hook/tok3n-in-path"
    assert deliver(outbox, courier(url)) == {"failed": 1}
    assert "nowhere.invalid" in error(outbox)
    assert_no_secret(outbox)


def test_an_address_that_was_mended_is_used(outbox: ObjectOutbox, hook: Webhook) -> None:
    """What is settled is who is told, not where."""
    deliver(outbox, courier("nonsense://pass-word-1"))
    assert "none that Apprise knows" in error(outbox)
    assert deliver(outbox, courier(hook.url()), everything=True) == {"delivered": 1}


def test_an_address_that_is_gone_is_told(outbox: ObjectOutbox, hook: Webhook) -> None:
    """The error names the owner and what to do."""
    hook.status = 503
    deliver(outbox, courier(network_operations=hook.url()))
    deliver(outbox, courier(hook.url()), everything=True)
    assert "network-operations has no such address any more" in error(outbox)


def assert_no_secret(outbox: ObjectOutbox, *texts: str) -> None:
    """Nothing of an address lies in the outbox or in these texts."""
    files = [file.read_text() for file in Path(outbox.objects.root).rglob("*.json")]
    assert files
    for text in (*files, *texts):
        assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("status", [401, 503])
def test_secrets_reach_no_log_and_no_error(
    outbox: ObjectOutbox, hook: Webhook, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where everything logs all it can; loggers are afterwards as they were."""
    caplog.set_level(logging.DEBUG)
    for name in messenger.TALKATIVE:
        caplog.set_level(logging.DEBUG, logger=name)
    hook.status = status
    who = courier(hook.url())
    deliver(outbox, who)
    assert str(status) in error(outbox)
    assert_no_secret(outbox, caplog.text, repr(who))
    assert logging.getLogger("apprise").propagate
    assert logging.getLogger("urllib3").level == logging.DEBUG


@pytest.mark.parametrize(
    "url",
    [
        "json://fleet:pass-word-1@host.example/tok3n-in-path?+X-Key=tok3n-in-path",
        "xyz://tok3n-in-path/pass-word-1",  # a token where others have the host
        "mailto://fleet:pass%2Dword%2D1@mail.example?to=tok3n-in-path",
    ],
)
def test_whatever_a_library_says_is_cleaned(url: str) -> None:
    """An exception may quote the whole address, encoded or not."""
    said = f"cannot reach {url}: pass-word-1 refused for tok3n-in-path"
    cleaned = messenger._without_secrets(said, url)
    assert "cannot reach" in cleaned
    assert not [secret for secret in (*SECRETS, "pass%2Dword") if secret in cleaned]
    assert ("example" in cleaned) == ("example" in url)


def test_a_kill_between_sending_and_saying_so_sends_again_after_a_while(
    outbox: ObjectOutbox, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: the process is killed while the service answers, and nothing is lost."""
    hook.open.clear()
    code = (
        "import sys; from tests.stores.test_delivery import *; "
        "deliver(ObjectOutbox(Objects(sys.argv[1])), courier(sys.argv[2]), seconds=60)"
    )
    victim = subprocess.Popen(
        [sys.executable, "-c", code, outbox.objects.root, hook.url()], cwd=Path(__file__).parents[2]
    )
    limit = time.monotonic() + 60
    while not hook.got and time.monotonic() < limit:
        time.sleep(0.02)
    victim.kill()
    victim.wait()
    hook.open.set()
    assert len(hook.got) == 1
    assert deliver(outbox, courier(hook.url()), everything=True) == {}  # it may be under way
    later(monkeypatch, PATIENCE)
    assert deliver(outbox, courier(hook.url())) == {"delivered": 1}
    assert len(hook.got) == 2
    assert state(outbox) == "delivered"


def test_a_service_that_does_not_answer_is_not_waited_for(
    outbox: ObjectOutbox, hook: Webhook
) -> None:
    """The time limit holds; what is under way is nobody else's to send."""
    hook.open.clear()
    started = time.monotonic()
    assert deliver(outbox, courier(hook.url()), seconds=0.3) == {}
    assert time.monotonic() - started < 2
    assert state(outbox) == "pending"
    assert deliver(outbox, courier(hook.url()), everything=True) == {}
    assert len(hook.got) == 1


def test_what_is_old_is_sent_only_on_demand(tmp_path: Path, hook: Webhook) -> None:
    """The first address does not get a month of notices at once."""
    box = ObjectOutbox(Objects(str(tmp_path / "old")))
    box.post(note(age=timedelta(days=30)))
    assert deliver(box, courier(hook.url())) == {}
    assert deliver(box, courier(hook.url()), everything=True) == {"delivered": 1}


def test_without_an_address_notices_wait(outbox: ObjectOutbox, hook: Webhook) -> None:
    """Nothing is settled, so that owners who are added later still get it."""
    assert deliver(outbox, courier()) == {}
    assert deliver(outbox, courier(pump_station=hook.url())) == {"delivered": 1}


# --- as an environment is configured ------------------------------------------------------------


def loader(tmp_path: Path, credentials: object | str | None) -> OmegaConfigLoader:
    """The configuration of an environment with owners and, perhaps, credentials."""
    for folder in ("base", "local"):
        (tmp_path / "conf" / folder).mkdir(parents=True, exist_ok=True)
    owners = {
        "policies": {"default": "four_eyes"},
        "owners": {"default": ["network-operations"], "cohorts": {"flow": ["pump-station"]}},
        "allowed_signers": "conf/base/allowed_signers",
    }
    (tmp_path / "conf" / "base" / "owners.yml").write_text(yaml.safe_dump(owners))
    if credentials is not None:
        text = credentials if isinstance(credentials, str) else yaml.safe_dump(credentials)
        (tmp_path / "conf" / "local" / "credentials.yml").write_text(text)
    return OmegaConfigLoader(
        str(tmp_path / "conf"),
        base_env="base",
        default_run_env="local",
        config_patterns={"owners": ["owners*"]},
    )


def test_addresses_and_owners_are_read(tmp_path: Path) -> None:
    """One URL or several; an owner of a cohort stands in the place of the default."""
    read = loader(
        tmp_path, {"notifications": {"default": "json://a", "owners": {"x": ["json://b"]}}}
    )
    addresses, owners_of = read_addresses(read), read_owners(read)
    assert addresses.url("default", 0) == "json://a"
    assert addresses.url("x", 0) == "json://b"
    assert addresses.url("x", 1) is addresses.url("gone", 0) is None
    assert owners_of("flow") == ("pump-station",)
    assert owners_of("other") == ("network-operations",)


@pytest.mark.parametrize(
    "credentials", [None, {"another": {"key": "value"}}, {"notifications": None}]
)
def test_without_configuration_nothing_is_sent_and_nothing_is_wrong(
    outbox: ObjectOutbox, tmp_path: Path, credentials: object, caplog: pytest.LogCaptureFixture
) -> None:
    """People who want no notices configure nothing."""
    deliver_quietly(outbox, loader(tmp_path, credentials))
    assert state(outbox) == "pending"
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("credentials", "problem"),
    [
        ({"notifications": {"defualt": "json://pass-word-1"}}, "defualt: Extra inputs"),
        ({"notifications": {"default": {"url": "json://pass-word-1"}}}, "default"),
        ({"notifications": ["json://pass-word-1"]}, "no mapping"),
        ("notifications: {default: 'json://pass-word-1", "cannot be read"),
        ("notifications: {default: '${oc.env:NO_SUCH_VARIABLE}'}", "variables that it names"),
    ],
)
def test_wrong_credentials_are_told_without_their_values(
    tmp_path: Path, credentials: object, problem: str
) -> None:
    """What is wrong and where, and never a password."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        read_addresses(loader(tmp_path, credentials))
    assert "pass-word-1" not in str(caught.value)


def test_no_problem_of_delivery_is_a_problem_of_the_run(
    outbox: ObjectOutbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake in the credentials, an outbox that cannot be read: warnings."""
    deliver_quietly(outbox, loader(tmp_path, {"notifications": 7}))
    assert "no notice was delivered: credentials, notifications" in caplog.text
    (file,) = Path(outbox.objects.root).glob("*.json")
    file.write_text("pass-word-1 is no JSON")
    deliver_quietly(outbox, loader(tmp_path, {"notifications": {"default": "json://a"}}))
    assert "no notice was delivered: JSONDecodeError" in caplog.text
    assert "pass-word-1" not in caplog.text


def test_failed_messages_are_one_warning(
    outbox: ObjectOutbox, hook: Webhook, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It says how to see them; the address is not in it."""
    hook.status = 503
    deliver_quietly(outbox, loader(tmp_path, {"notifications": {"default": hook.url()}}))
    assert "1 message(s) could not be delivered" in caplog.text
    assert "modelfleet notices" in caplog.text
    assert_no_secret(outbox, caplog.text)


def test_nothing_to_send_loads_no_library(tmp_path: Path) -> None:
    """A run that has nothing to tell does not wait for Apprise."""
    code = (
        "import sys\n"
        "from modelfleet.stores.delivery import deliver_quietly\n"
        "from modelfleet.stores.objects import Objects\n"
        "from modelfleet.stores.outbox import ObjectOutbox\n"
        "deliver_quietly(ObjectOutbox(Objects(sys.argv[1])), None)\n"
        "assert not {'apprise', 'requests'} & set(sys.modules)\n"
    )
    environment = {**os.environ, "COVERAGE_PROCESS_START": ""}
    command = [sys.executable, "-c", code, str(tmp_path / "none")]
    subprocess.run(command, check=True, env=environment, timeout=60)


def test_without_apprise_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is optional; configuring an address without it is told."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert "install modelfleet[notify]" in str(send_notice(note(), "json://127.0.0.1"))
