"""How an S3 store is reached, and how its secrets stay out of messages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelfleet.domain.errors import ConfigurationError, listing

__all__ = ["S3Access", "masked"]

KEYS = ("endpoint", "key", "secret", "region", "allow_http")


@dataclass(frozen=True)
class S3Access:
    """Endpoint and credentials; what is not given comes from the machine's environment.

    Attributes:
        endpoint: URL of the store; the one of AWS if not given.
        region: of the bucket.
        allow_http: whether an unencrypted endpoint is accepted.
        key: access key id, never shown.
        secret: secret access key, never shown.
    """

    endpoint: str | None = None
    region: str | None = None
    allow_http: bool = False
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, credentials: Mapping[str, Any] | None) -> "S3Access":
        """Take an entry of ``credentials.yml``.

        Raises:
            ConfigurationError: it has an unknown key; values are not shown.
        """
        given = dict(credentials or {})
        unknown = sorted(set(given) - set(KEYS))
        if unknown:
            raise ConfigurationError(
                f"credentials of an S3 source have no {listing(unknown)}; they are {listing(KEYS)}"
            )
        return cls(**given)

    def options(self) -> dict[str, str]:
        """Options as Polars, Delta and obstore take them."""
        given = {
            "aws_endpoint_url": self.endpoint,
            "aws_region": self.region,
            "aws_access_key_id": self.key,
            "aws_secret_access_key": self.secret,
            "aws_allow_http": "true" if self.allow_http else None,
        }
        return {name: value for name, value in given.items() if value is not None}

    def mask(self, message: object) -> str:
        """A message without the secrets."""
        return masked(message, (self.key, self.secret))


def masked(message: object, secrets: Iterable[str | None]) -> str:
    """A message in which secrets are stars.

    >>> masked("no entry for 'xyz'", ["xyz", None])
    "no entry for '***'"
    """
    text = str(message)
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text
