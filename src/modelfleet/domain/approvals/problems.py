"""What is wrong with what was kept: told loudly, while what is proved goes on serving."""

from dataclasses import dataclass

__all__ = ["Problem"]


@dataclass(frozen=True)
class Problem:
    """Something that keeps an entry, a release or a document from counting.

    Attributes:
        code: of a refusal, or ``broken_chain``, ``truncated``, ``foreign``, ``no_witness``,
            ``altered``.
        where: such as ``entry 3`` or ``release 0123456789ab``.
        sentence: what is wrong, and what to do.
        cohort: that is concerned, if one is.
    """

    code: str
    where: str
    sentence: str
    cohort: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"
