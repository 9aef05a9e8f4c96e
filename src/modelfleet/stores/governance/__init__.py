"""How releases go live: requests, decisions, rollbacks, what serves, and the audit of it all."""

from modelfleet.stores.governance.assets import ApprovalsDataset, ChannelDataset, append_automatic
from modelfleet.stores.governance.audit import AuditReport, audit
from modelfleet.stores.governance.decisions import decide
from modelfleet.stores.governance.live import Live, open_live
from modelfleet.stores.governance.outcomes import Outcome, RequestState
from modelfleet.stores.governance.place import Governance, Places
from modelfleet.stores.governance.requests import make_request, request_states
from modelfleet.stores.governance.rollbacks import rollback
from modelfleet.stores.ssh_keys import find_key

__all__ = [
    "ApprovalsDataset",
    "AuditReport",
    "ChannelDataset",
    "Governance",
    "Live",
    "Outcome",
    "Places",
    "RequestState",
    "append_automatic",
    "audit",
    "decide",
    "find_key",
    "make_request",
    "open_live",
    "request_states",
    "rollback",
]
