"""Signed requests and decisions: each under the digest of its bytes, with its signature beside it.

The signature is written first, so a document that is there has one. Both are plain files: anybody
can verify them with ``ssh-keygen`` alone.
"""

from dataclasses import dataclass

from modelfleet.domain.approvals import Decision, Request
from modelfleet.domain.errors import ReleaseError, listing
from modelfleet.stores.objects import Objects

__all__ = ["ApprovalStore", "SignedBytes"]

LIMIT = 4 * 2**20
"""Bytes of a document or a signature at most."""
SUFFIX = ".sig"


@dataclass(frozen=True)
class SignedBytes:
    """A document and its detached signature, as they are stored."""

    content: bytes
    signature: bytes


@dataclass(frozen=True)
class ApprovalStore:
    """All requests and decisions of an environment."""

    objects: Objects

    def put_request(self, request: Request, signature: bytes) -> str:
        """Keep a signed request; its name."""
        self._put(_request(request.digest), request.to_bytes(), signature)
        return request.digest

    def put_decision(self, decision: Decision, signature: bytes) -> str:
        """Keep a signed decision; its name."""
        name = _decision(decision.request, decision.digest)
        self._put(name, decision.to_bytes(), signature)
        return decision.digest

    def requests(self) -> list[str]:
        """Names of all requests, sorted."""
        return sorted(
            name.removesuffix("/request.json")
            for name in self.objects.names()
            if name.endswith("/request.json")
        )

    def decisions(self, request: str) -> list[str]:
        """Names of all decisions on a request, sorted."""
        place = f"{request}/decisions/"
        names = (name.removeprefix(place) for name in self.objects.names(place))
        return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))

    def find(self, prefix: str) -> str:
        """The one request whose name begins so.

        Raises:
            ReleaseError: there is none, or more than one.
        """
        found = [name for name in self.requests() if name.startswith(prefix)]
        if len(found) != 1 or not prefix:
            what = f"is the beginning of {listing(found)}" if found else "is no request"
            raise ReleaseError(f"{prefix!r} {what}; `modelfleet releases` shows what waits")
        return found[0]

    def request(self, name: str) -> SignedBytes | None:
        """A request as it is stored, or ``None``."""
        return self._get(_request(name))

    def decision(self, request: str, name: str) -> SignedBytes | None:
        """A decision as it is stored, or ``None``."""
        return self._get(_decision(request, name))

    def _put(self, name: str, content: bytes, signature: bytes) -> None:
        if self.objects.get(name) is None:
            self.objects.put(name + SUFFIX, signature)
            self.objects.create(name, content)

    def _get(self, name: str) -> SignedBytes | None:
        sizes = self.objects.sizes(name.rsplit("/", maxsplit=1)[0])
        pair = (name, name + SUFFIX)
        if any(sizes.get(each, 0) > LIMIT for each in pair):
            raise ReleaseError(f"{self.objects.root}/{name} is larger than a document can be")
        content, signature = (self.objects.get(each) for each in pair)
        return None if content is None else SignedBytes(content, signature or b"")


def _request(name: str) -> str:
    return f"{name}/request.json"


def _decision(request: str, name: str) -> str:
    return f"{request}/decisions/{name}.json"
