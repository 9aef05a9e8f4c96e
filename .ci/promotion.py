"""Where a release stands, for a CI job: what it changes, what people have to sign, what is proved.

    python .ci/promotion.py show|verify [RELEASE]

The environment comes from KEDRO_ENV; the release is the newest, unless the beginning of a name is
given. Nothing is signed and nothing is changed. The page goes to the job's summary, or to stdout.

Exits with 1 where the audit finds anything that is not proved, and with 4 where ``verify`` finds
that the release does not serve, or waits for somebody.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("modelfleet")
UNPROVED, WAITING = 1, 4


def main(action: str, asked: str = "") -> int:
    """Write the page, and say by the exit code whether the job may go on."""
    environment = os.environ.get("KEDRO_ENV", "local")
    audit = modelfleet("audit")
    proved = section("Audit", "text", audit.stdout or "see the log of this job")
    if audit.returncode:  # then what else is said may rest on nothing
        publish("\n".join([f"# Not everything in {environment} is proved", *proved]))
        return UNPROVED
    rid = asked or newest()
    release = json.loads(answer("show", rid, "--json"))
    steps = to_sign(release, environment)
    page = [
        f"# {release['rid'][:12]} in {environment}: {release['text'] or 'nobody asked for it'}",
        *section("What people sign, on their own machines", "console", "\n".join(steps)),
        *section("What it changes", "text", modelfleet("diff", rid).stdout),
        *proved,
        answer("show", rid, "--card"),
    ]
    publish("\n".join(page))
    return WAITING if action == "verify" and steps else 0


def newest() -> str:
    """The release that was made last."""
    found = json.loads(answer("releases", "--json"))["releases"]
    if not found:
        sys.exit("there is no release; retrain this environment first")
    return str(found[0]["rid"])


def to_sign(release: dict[str, Any], environment: str) -> list[str]:
    """The commands that are left for people; none where the release serves all that it may."""
    state = release["state"] or {"live": [], "requests": []}
    waiting = [each for each in state["requests"] if each["waiting"]]
    reason = f'--env {environment} --reason "…"'
    if waiting:
        names = sorted({name for each in waiting[0]["waiting"].values() for name in each})
        who = f"  # {' or '.join(names)}" if names else ""
        return [f"modelfleet approve {waiting[0]['id'][:12]} {reason}{who}"]
    if state["live"]:
        return []
    clear = "".join(f" --clear {each['code']}" for each in release["holds"])
    return [f"modelfleet request {release['rid'][:12]} {reason}{clear}"]


def section(title: str, kind: str, text: str) -> list[str]:
    """A heading and a block; nothing where there is nothing to say."""
    return [f"\n## {title}\n\n```{kind}\n{text.rstrip()}\n```\n"] if text.strip() else []


def publish(page: str) -> None:
    """Show the page beside the job, or here."""
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(file).open("a", encoding="utf-8") as summary:
            summary.write(f"{page}\n")
    else:
        sys.stdout.write(f"{page}\n")


def modelfleet(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command; logs go where those of the job go."""
    command = [PROGRAM, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603


def answer(*arguments: str) -> str:
    """What a command prints, which it must."""
    done = modelfleet(*arguments)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
