"""What people decided for single sensors, put over what the gate found."""

from datetime import date

import numpy as np
import polars as pl

from modelfleet.domain.arrays import BoolArray
from modelfleet.domain.overrides import REASONS, Overridden, check_overrides, override
from modelfleet.domain.parameters.overrides import OverrideParameters
from modelfleet.fleet.champions import Champions, models_in_service

__all__ = ["check_today", "overrule", "standing_champions"]

SANITY = ("champion_too_few_valid_hours_status", "champion_biased_status")


def check_today(
    parameters: OverrideParameters, sensors: pl.DataFrame, *, started_at: str
) -> OverrideParameters:
    """Refuse overrides that are over on the day of the run, or name a stranger.

    Raises:
        ConfigurationError: names them all.
    """
    today = date.fromisoformat(started_at[:10])
    check_overrides(parameters, sensors["sensor_id"].to_list(), today=today)
    return parameters


def overrule(verdicts: pl.DataFrame, parameters: OverrideParameters) -> pl.DataFrame:
    """Verdicts after the overrides, with their code in the column ``override``.

    A champion that is known not to be sane is not held; one that is too young to be judged is.

    Args:
        verdicts: ``sensor_id``, ``decision``, ``accepted``, ``reasons``, ``sentence``,
            ``champion_version`` and the answers on champions.
        parameters: checked by :func:`check_today`.
    """
    failed = np.logical_or.reduce([(verdicts[name] == "fail").to_numpy() for name in SANITY])
    found = override(
        parameters,
        verdicts["sensor_id"].to_list(),
        has_champion=verdicts["champion_version"].is_not_null().to_numpy(),
        champion_is_sane=~failed,
    )
    codes = pl.Series("override", _codes(found), dtype=pl.String)
    touched = codes.is_not_null()
    decision = (
        pl.when(pl.Series(found.to_champion))
        .then(pl.lit("keep"))
        .when(pl.Series(_forced(found)))
        .then(pl.lit("baseline"))
        .otherwise("decision")
    )
    told = pl.Series(_told(found, parameters), dtype=pl.String)
    return verdicts.with_columns(codes, decision=decision).with_columns(
        accepted=pl.col("decision") == "accept",
        reasons=pl.when(touched).then(pl.concat_list(codes, "reasons")).otherwise("reasons"),
        sentence=pl.when(touched)
        .then(pl.concat_str(told, pl.lit("; the gate says: "), "sentence"))
        .otherwise("sentence"),
    )


def standing_champions(champions: Champions, parameters: OverrideParameters) -> pl.DataFrame:
    """Models that go on serving where training failed: all in service, but for those overruled.

    Returns:
        ``sensor_id`` and ``version``.
    """
    forced = [each.sensor for each in parameters.sensors if each.serve == "baseline"]
    serving = models_in_service(champions).select("sensor_id", "version")
    return serving.filter(~pl.col("sensor_id").is_in(forced))


def _forced(found: Overridden) -> BoolArray:
    return np.asarray(found.to_baseline & (found.position >= 0), dtype=np.bool_)


def _codes(found: Overridden) -> list[str | None]:
    return [REASONS.get(decision) for decision in found.decision.tolist()]


def _told(found: Overridden, parameters: OverrideParameters) -> list[str | None]:
    """The override in words, where there is one."""
    return [
        f"{each.reason} (override until {each.expires})"
        if place >= 0 and (each := parameters.sensors[place])
        else None
        for place in found.position.tolist()
    ]
