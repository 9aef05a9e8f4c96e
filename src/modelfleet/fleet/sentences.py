"""Verdicts in words, made from codes and figures."""

from modelfleet.domain.gates import GateResult, Rule, Status

__all__ = ["explain_verdict"]


def explain_verdict(result: GateResult, sensor: int, *, strict: bool) -> str:
    """One plain sentence on the sensor at this position."""
    gain = result.gain
    if not gain.evaluable[sensor]:
        parts = [f"{gain.weeks[sensor]} comparable weeks are not enough to judge"]
    else:
        amount = gain.mean[sensor]
        more = "less" if amount >= 0 else "more"
        change = f"{_percent(abs(amount))} {more} error than the baseline"
        weeks = f"better in {gain.better_weeks[sensor]} of {gain.weeks[sensor]} weeks"
        parts = [f"{weeks}, {change}, {_certainty(result, sensor, strict=strict)}"]
    parts += [
        _complaint(rule, sensor)
        for rule in result.rules
        if rule.code in _COMPLAINTS and rule.status[sensor] != Status.PASS
    ]
    return "; ".join(parts)


def _certainty(result: GateResult, sensor: int, *, strict: bool) -> str:
    if strict:
        return f"p = {result.p_value[sensor]:.3f}"
    chance = float(result.probability[sensor])
    if chance > 0.99:
        return "more than 99 % likely to be better"
    if chance < 0.01:
        return "less than 1 % likely to be better"
    return f"{_percent(chance)} likely to be better"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


_COMPLAINTS = {
    "too_few_valid_hours": "the share of the hours with a forecast, {figure:.2f}, is below "
    "{threshold:.2f}",
    "biased": "its mean error of {figure:.3g} exceeds {threshold:.3g}, the part of the error that "
    "may be bias",
}


def _complaint(rule: Rule, sensor: int) -> str:
    if rule.status[sensor] == Status.NOT_EVALUABLE:
        return f"{rule.code} could not be evaluated"
    return _COMPLAINTS[rule.code].format(
        figure=rule.figure[sensor], threshold=rule.threshold[sensor]
    )
