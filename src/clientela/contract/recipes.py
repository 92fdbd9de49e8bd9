"""Campaigns that every shop knows: for whom each is, as a filter to begin with."""

from typing import NamedTuple


class Recipe(NamedTuple):
    """A campaign that others have made before, and whom it addresses.

    Parameters
    ----------
    name : str
        By which its texts are found: ``recipe.NAME.title``, ``.text`` and ``.offer``.
    filter : str
        Whom it addresses, until somebody changes it.
    channel : str
        How they are usually reached.
    """

    name: str
    filter: str
    channel: str


# By convention: what shops begin with; the filter's days are to be changed to one's own rhythm
RECIPES = (
    Recipe("welcome", "orders = 1 and days_since_last <= 14", "email"),
    Recipe("second_purchase", "orders = 1 and days_since_last > 14 and tenure_days <= 90", "email"),
    Recipe(
        "replenishment",
        "orders >= 3 and gap_regularity >= 0.5 and last_gap_ratio >= 0.8 and last_gap_ratio <= 1.2",
        "whatsapp",
    ),
    Recipe("win_back", "orders >= 2 and last_gap_ratio > 3 and days_since_last > 90", "email"),
    Recipe("vip", "insider in ('member', 'leaving') or m_score = 5 and f_score = 5", "phone"),
    Recipe("candidate_push", "insider = 'candidate'", "whatsapp"),
    Recipe("return_reduction", "return_orders >= 2 and returned_share >= 0.2", "email"),
)
