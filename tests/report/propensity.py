"""Plausible tables of propensities, made up."""

from tests.report.run_tables import Row

TARGETS = ("insider", "category:Toys")


def propensity() -> dict[str, list[Row]]:
    """Return what two targets were worth on past dates."""
    targets = [
        {
            "target": target,
            "horizon_days": 90,
            "customers": 300 - 50 * place,
            "base_rate": 0.05 + place / 20,
            "model": "logistic",
            "baseline": "recency_rule",
            "roc_auc": 0.91,
            "lift": 4.5 - place,
            "value_per_hit": 210.0,
            "dates": 3,
        }
        for place, target in enumerate(TARGETS)
    ]
    contacts = [
        {
            "target": target,
            "position": point + 1,
            "contacts": 10 * point,
            "contacts_share": point / 30,
            "hits": 4.0 * point,
            "hits_low": 3.0 * point,
            "hits_high": 5.5 * point,
            "hits_random": 0.5 * point,
            "revenue": 840.0 * point,
            "margin": None,
        }
        for target in TARGETS
        for point in range(8)
    ]
    return {"propensity_targets": targets, "propensity_contacts": contacts}
