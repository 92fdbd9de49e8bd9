"""The cost side: what of revenue stays, what a contact costs, what the programme gives."""

from typing import Annotated, Literal

from msgspec import Meta, field

from clientela.config.section import Section, Share

Channel = Literal["email", "sms", "whatsapp", "paper"]
Margin = Annotated[float, Meta(gt=0.0, le=1.0)]


class Economics(Section, frozen=True):
    """Margins and costs. Without a margin money is revenue; without a cost, advice a break-even."""

    gross_margin: Annotated[
        Margin | None,
        Meta(description="Gross profit over net revenue; from the file's costs if absent"),
    ] = None
    category_margins: Annotated[
        dict[str, Margin],
        Meta(description="Category of the file = its gross margin; others take gross_margin"),
    ] = field(default_factory=dict)
    contact_costs: Annotated[
        dict[Channel, Annotated[float, Meta(ge=0.0)]],
        Meta(description="Channel = cost of one contact, in the currency of the amounts; your own"),
    ] = field(default_factory=dict)
    channel: Annotated[
        Channel | None,
        Meta(description="How customers at risk are contacted; the cheapest with a cost if absent"),
    ] = None
    capacity: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Most customers at risk that you can contact"),
    ] = None
    saved_share: Annotated[
        Share | None,
        Meta(description="Share of contacted leavers who stay, measured by an experiment"),
    ] = None
    benefit_share: Annotated[
        Share | None,
        Meta(description="What members get, over their revenue: discount, points, gifts"),
    ] = None
    tier_benefits: Annotated[
        dict[str, Share],
        Meta(description="Tier of programme.tiers = its benefit; other tiers take benefit_share"),
    ] = field(default_factory=dict)
    uplift_share: Annotated[
        Share | None,
        Meta(description="Share by which members buy more, measured by an experiment"),
    ] = None
    # By convention: no effect and two round ones; which one holds only an experiment shows.
    uplift_scenarios: Annotated[
        Annotated[tuple[Share, ...], Meta(min_length=1, max_length=5)],
        Meta(description="Shares by which members may buy more, for the business case"),
    ] = (0.0, 0.05, 0.10)

    @property
    def contact_cost(self) -> float | None:
        """The cost of one contact by the channel in use; None where none is configured."""
        if self.channel is not None:
            return self.contact_costs.get(self.channel)
        return min(self.contact_costs.values(), default=None)
