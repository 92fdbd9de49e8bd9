"""One package's forecast of a frame of customers, run in the package's own environment.

``python peer_fit.py PACKAGE MODEL frame.csv DAYS told.csv`` reads frequency, recency, T (days) and
money a customer, fits as the package's quick start says, in weeks, and writes the revenue of the
next days and the chance of no purchase in them. lifetimes tells no such chance of a customer: fewer
expected purchases stand there, an order.
"""

import sys
from typing import Any

import numpy as np
import pandas as pd

WEEK = 7.0
PENALTIES = (0.0, 0.001, 0.01, 0.1)


def tell_lifetimes(model: str, frame: pd.DataFrame, weeks: float) -> tuple[Any, Any]:
    """Fit BG/NBD or Pareto/NBD with Gamma-Gamma by maximum likelihood."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter

    kind = {"bg_nbd": BetaGeoFitter, "pareto_nbd": ParetoNBDFitter}[model]
    counts = frame["frequency"], frame["recency"], frame["T"]
    fitter = fit_penalised(kind, *counts)
    money = frame[(frame["frequency"] > 0) & (frame["monetary_value"] > 0)]
    spend = fit_penalised(GammaGammaFitter, money["frequency"], money["monetary_value"])
    average = spend.conditional_expected_average_profit(
        frame["frequency"].where(frame["monetary_value"] > 0, 0),
        frame["monetary_value"].clip(lower=0),
    )
    purchases = fitter.conditional_expected_number_of_purchases_up_to_time(weeks, *counts)
    return purchases * average, -purchases


def fit_penalised(kind: Any, *columns: pd.Series) -> Any:
    """Fit with the smallest penalty that converges, as lifetimes advises."""
    from lifetimes.utils import ConvergenceError

    *smaller, largest = PENALTIES
    for penalty in smaller:
        try:
            return kind(penalizer_coef=penalty).fit(*columns)
        except ConvergenceError:
            continue
    return kind(penalizer_coef=largest).fit(*columns)


def tell_pymc(model: str, frame: pd.DataFrame, weeks: float) -> tuple[Any, Any]:
    """Take the same models with PyMC-Marketing's priors, at the most likely parameters."""
    from pymc_marketing.clv import BetaGeoModel, GammaGammaModel, ParetoNBDModel

    kind = {"bg_nbd": BetaGeoModel, "pareto_nbd": ParetoNBDModel}[model]
    fitted = kind(frame[["customer_id", "frequency", "recency", "T"]])
    fitted.fit(method="map", progressbar=False)
    money = frame[(frame["frequency"] > 0) & (frame["monetary_value"] > 0)]
    spend = GammaGammaModel(money[["customer_id", "frequency", "monetary_value"]])
    spend.fit(method="map", progressbar=False)
    asked = frame.assign(
        frequency=frame["frequency"].where(frame["monetary_value"] > 0, 0),
        monetary_value=frame["monetary_value"].clip(lower=0),
    )
    average = spend.expected_customer_spend(asked).mean(("chain", "draw")).to_numpy()
    purchases = fitted.expected_purchases(frame, future_t=weeks)
    if model == "bg_nbd":
        silent = fitted.expected_probability_no_purchase(weeks, frame)
    else:
        silent = fitted.expected_purchase_probability(frame, n_purchases=0, future_t=weeks)
    purchases, silent = (each.mean(("chain", "draw")).to_numpy() for each in (purchases, silent))
    return purchases * average, silent


def main(package: str, model: str, source: str, days: str, out: str) -> None:
    """Read, fit, tell and write."""
    columns = ["frequency", "recency", "T", "monetary_value"]
    frame = pd.DataFrame(np.loadtxt(source, delimiter=",", ndmin=2), columns=columns)
    frame.insert(0, "customer_id", np.arange(len(frame)))
    frame[["recency", "T"]] /= WEEK
    tell = {"lifetimes": tell_lifetimes, "pymc-marketing": tell_pymc}[package]
    told = tell(model, frame, float(days) / WEEK)
    np.savetxt(out, np.stack([np.asarray(each, dtype=float) for each in told], axis=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
