"""Where each release stands in an environment: live, waiting for whom, approved by whom."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelfleet.commands.opening import Opened

__all__ = ["state_in_words", "states_of"]

Row = dict[str, Any]


def states_of(opened: "Opened") -> dict[str, Row]:
    """Release to its state, for those that were ever live or asked for.

    Returns:
        ``live`` (cohorts that it serves), ``was_live``, ``approved_by``, ``requests``: of each its
        ``id``, ``state``, ``requested_by``, cohorts that are ``waiting`` and for whom, and those
        that were ``rejected`` with the reason.
    """
    from modelfleet.stores.governance import request_states

    found: dict[str, Row] = {}
    for cohort, rid in opened.live.items():
        found.setdefault(rid, _nothing())["live"].append(cohort)
    for entry in opened.entries:
        for rid in set(entry.serves.values()):
            found.setdefault(rid, _nothing())["was_live"] = True
    for state in request_states(opened.governance):
        row = found.setdefault(state.request.release, _nothing())
        row["requests"].append(_request(state))
        approved = {d.decided_by for d in state.decisions if d.decision == "approve"}
        row["approved_by"] = sorted({*row["approved_by"], *approved})
    return found


def state_in_words(state: Mapping[str, Any] | None, *, cohorts: int) -> str:
    """The state in a few words.

    Args:
        state: see :func:`states_of`; ``None`` where nobody asked for the release.
        cohorts: how many the environment serves.
    """
    if state is None:
        return ""
    words = []
    if live := state["live"]:
        words.append("live" if len(live) == cohorts else f"live for {', '.join(sorted(live))}")
    newest: Sequence[Row] = state["requests"][:1]
    words += [text for each in newest if (text := _in_words(each, live=bool(live)))]
    return "; ".join(words) or ("was live" if state["was_live"] else "")


def _in_words(request: Mapping[str, Any], *, live: bool) -> str:
    if request["waiting"]:
        names = sorted({name for people in request["waiting"].values() for name in people})
        return f"waits for {' or '.join(names) or 'an owner'} (request {request['id'][:12]})"
    if request["rejected"]:
        return f"rejected for {', '.join(request['rejected'])}"
    ended = request["state"] in ("expired", "overtaken", "refused") and not live
    return f"request {request['state']}" if ended else ""


def _nothing() -> Row:
    return {"live": [], "was_live": False, "approved_by": [], "requests": []}


def _request(state: Any) -> Row:
    reasons = {d.decided_by: d.reason for d in state.decisions if d.decision == "reject"}
    return {
        "id": state.id,
        "kind": state.request.kind,
        "state": state.state,
        "requested_by": state.request.requested_by,
        "reason": state.request.reason,
        "expires": state.request.expires.isoformat(),
        "live": list(state.live),
        "waiting": {cohort: list(names) for cohort, names in state.waiting.items()},
        "rejected": list(state.rejected),
        "rejections": reasons,
    }
