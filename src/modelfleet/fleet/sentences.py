"""Verdicts in words, made from codes and figures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray
from modelfleet.domain.gates import Decision, GateResult, Rule, Status

__all__ = ["explain_answer", "explain_rule", "explain_verdicts"]


def explain_verdicts(result: GateResult, *, strict: BoolArray) -> list[str]:
    """One plain sentence per sensor: how it compares, and what else speaks against it.

    Args:
        result: the gate's answers on n sensors.
        strict: sensors that had to prove themselves; shape (n,).
    """
    sentences = _comparisons(result, strict)
    if result.improvement is not None:
        replaced = result.accepted & result.improvement.weeks.astype(np.bool_)
        for i in np.flatnonzero(replaced & np.isfinite(result.improvement.low)).tolist():
            change = _change(result.improvement.mean[i])
            sentences[i] += f"; it replaces the champion with {change}"
    objections = result.objections
    for column, rule in enumerate(result.all_rules):
        if rule.code not in TOLD_ALREADY:
            for i in np.flatnonzero(objections[:, column]).tolist():
                sentences[i] += f"; {_answer_of(rule, i)}"
    if result.champion_rules:
        _tell_of_champions(sentences, result)
    return sentences


def explain_rule(rule: Rule, *, strict: BoolArray | None = None) -> list[str]:
    """One sentence per sensor on one rule, empty where the rule was not asked.

    Args:
        rule: of n sensors.
        strict: sensors that had to prove themselves, shape (n,); ``None`` for none.
    """
    proving = np.zeros(len(rule.status), dtype=np.bool_) if strict is None else strict
    return [_answer_of(rule, i, strict=bool(proving[i])) for i in range(len(rule.status))]


def explain_answer(
    code: str, status: Status, figure: float, threshold: float, *, strict: bool = False
) -> str:
    """What a rule says of one sensor, also for a row that was read back from a table.

    Args:
        code: of the rule.
        status: of the sensor.
        figure: what was measured.
        threshold: what it was compared with.
        strict: the sensor had to prove itself.
    """
    if status == Status.NOT_ASKED:
        return ""
    words = WORDS["not_proven_better" if strict and code == BETTER else code]
    if status == Status.NOT_EVALUABLE:
        return words.unknown
    text = words.passes if status == Status.PASS else words.fails
    return text.format(figure=words.show(figure), threshold=words.show(threshold))


def _answer_of(rule: Rule, sensor: int, *, strict: bool = False) -> str:
    return explain_answer(
        rule.code,
        Status(int(rule.status[sensor])),
        float(rule.figure[sensor]),
        float(rule.threshold[sensor]),
        strict=strict,
    )


def _comparisons(result: GateResult, strict: BoolArray) -> list[str]:
    gain = result.gain
    certainty = np.where(strict, result.p_value, result.probability)
    rows = zip(
        gain.evaluable.tolist(),
        gain.weeks.tolist(),
        gain.better_weeks.tolist(),
        gain.mean.tolist(),
        certainty.tolist(),
        strict.tolist(),
        strict=True,
    )
    return [
        f"better in {better} of {weeks} weeks, {_change(mean)} than the baseline, "
        f"{f'p = {sure:.3f}' if proving else _likely(sure)}"
        if evaluable
        else f"{weeks} comparable weeks are not enough to judge"
        for evaluable, weeks, better, mean, sure, proving in rows
    ]


def _tell_of_champions(sentences: list[str], result: GateResult) -> None:
    served = result.champion_rules[0].status != Status.NOT_ASKED
    for decision, told in (
        (Decision.KEEP, "; the champion stays"),
        (Decision.BASELINE, "; the baseline takes over from the champion"),
    ):
        for i in np.flatnonzero(served & (result.decision == decision)).tolist():
            sentences[i] += told


def _likely(chance: float) -> str:
    if chance > 0.99:
        return "more than 99 % likely to be better"
    if chance < 0.01:
        return "less than 1 % likely to be better"
    return f"{100 * chance:.0f} % likely to be better"


def _change(amount: float) -> str:
    return f"{abs(100 * amount):.0f} % {'less' if amount >= 0 else 'more'} error"


def _fine_change(amount: float) -> str:
    return f"{abs(100 * amount):.1f} % {'less' if amount >= 0 else 'more'} error"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _count(number: float) -> str:
    return f"{number:.0f}"


def _figure(number: float) -> str:
    return f"{number:.3g}"


def _chance(number: float) -> str:
    return f"{number:.3f}"


@dataclass(frozen=True)
class Words:
    """How a rule is put into words.

    Attributes:
        show: how figure and threshold are written.
        passes: where it passes.
        fails: where it fails.
        unknown: where there is no figure.
    """

    show: Callable[[float], str]
    passes: str
    fails: str
    unknown: str


def _hours(whose: str) -> Words:
    begins = f"{whose} has a forecast for {{figure}} of the hours with a reading"
    return Words(
        _percent,
        f"{begins}; {{threshold}} are enough",
        f"{begins}; at least {{threshold}} are needed",
        f"for how many hours {whose} has a forecast is not known",
    )


def _bias(whose: str) -> Words:
    allowed = "{threshold}, the part of its error that may be bias"
    return Words(
        _figure,
        f"the mean error of {whose}, {{figure}}, is within {allowed}",
        f"the mean error of {whose}, {{figure}}, exceeds {allowed}",
        f"the mean error of {whose} is not known",
    )


def _gain(whose: str) -> Words:
    begins = f"{whose} has {{figure}} than the baseline in its own weeks"
    return Words(
        _fine_change,
        begins,
        f"{begins}; it has to be better than {{threshold}}",
        f"how {whose} compares with the baseline is not known",
    )


BETTER = "not_better_than_baseline"

TOLD_ALREADY = frozenset({"too_few_weeks", BETTER})
"""What the first part of a verdict's sentence says anyway."""

WORDS = {
    "too_few_valid_hours": _hours("the candidate"),
    "biased": _bias("the candidate"),
    "too_few_weeks": Words(
        _count,
        "{figure} weeks are comparable; {threshold} are enough",
        "{figure} comparable weeks are not enough to judge; {threshold} are needed",
        "how many weeks are comparable is not known",
    ),
    "no_gain": _gain("the candidate"),
    BETTER: Words(
        _percent,
        "{figure} likely to be better than the baseline; {threshold} are enough",
        "{figure} likely to be better than the baseline; {threshold} are needed",
        "how likely it is better than the baseline cannot be told",
    ),
    "not_proven_better": Words(
        _chance,
        "proven better than the baseline: p = {figure}, at most {threshold}",
        "not proven better than the baseline: p = {figure}, above {threshold}",
        "whether it is better than the baseline cannot be tested",
    ),
    "same_model": Words(
        _count,
        "the candidate is another model than the champion",
        "the candidate is the champion: there is nothing to compare",
        "whether the candidate is the champion is not known",
    ),
    "too_soon": Words(
        _count,
        "{figure} weeks lie behind both models' training; {threshold} are enough",
        "{figure} weeks lie behind both models' training: too soon, {threshold} are needed",
        "how many weeks lie behind both models' training is not known",
    ),
    "not_comparable": Words(
        _count,
        "{figure} of these weeks have hours to compare; {threshold} are enough",
        "{figure} of these weeks have hours to compare: not comparable, {threshold} are needed",
        "how many weeks have hours to compare is not known",
    ),
    "worse_than_champion": Words(
        _fine_change,
        "{figure} than the champion",
        "{figure} than the champion; the limit is {threshold}",
        "how it compares with the champion is not known",
    ),
    "surely_worse_than_champion": Words(
        _fine_change,
        "it may be as good as the champion: {figure} at best",
        "it is surely worse than the champion: {figure} at best",
        "how sure it is of being as good as the champion cannot be told",
    ),
    "perhaps_worse_than_champion": Words(
        _fine_change,
        "it is as good as the champion: {figure} at worst",
        "it may be worse than the champion: {figure} at worst; the limit is {threshold}",
        "how sure it is of being as good as the champion cannot be told",
    ),
    "bad_weeks": Words(
        _count,
        "much worse than the champion in {figure} weeks; {threshold} are allowed",
        "much worse than the champion in {figure} weeks; {threshold} are allowed",
        "in how many weeks it is much worse than the champion is not known",
    ),
    "champion_too_few_valid_hours": _hours("the champion"),
    "champion_biased": _bias("the champion"),
    "champion_no_gain": _gain("the champion"),
}
