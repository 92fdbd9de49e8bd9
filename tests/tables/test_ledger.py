from decimal import Decimal
from typing import Any

import pytest

from clientela.errors import ClientelaError, LimitExceeded
from clientela.tables.ledger import Ledger, Line, check_limits


def account(**changed: Any) -> Ledger:
    sale: dict[str, Any] = {
        "rows": 9,
        "customers": 3,
        "amount": Decimal("90.0001"),
        "absolute": Decimal(90),
    }
    return Ledger(
        source="a.csv",
        table="transactions",
        lines=(
            Line(
                place="read", rows=10, customers=4, amount=Decimal("95.0001"), absolute=Decimal(95)
            ),
            Line(place="sale", **(sale | changed)),
            Line(
                place="quarantine",
                rule="future_date",
                rows=1,
                customers=1,
                amount=Decimal(5),
                absolute=Decimal(5),
            ),
        ),
    )


def test_an_account_that_adds_up_passes() -> None:
    account().check()


@pytest.mark.parametrize("changed", [{"rows": 8}, {"customers": 2}, {"amount": Decimal(90)}])
def test_an_account_that_does_not_add_up_is_our_fault(changed: dict[str, Any]) -> None:
    with pytest.raises(ClientelaError, match="do not add up"):
        account(**changed).check()


def test_limits_name_the_rule_that_refused_most() -> None:
    check_limits([account()], rows_share=0.1, money_share=0.1)
    with pytest.raises(LimitExceeded, match=r"10\.0% of rows .* future_date 1 rows"):
        check_limits([account()], rows_share=0.09, money_share=0.1)
    with pytest.raises(LimitExceeded, match=r"5\.3% of money"):
        check_limits([account()], rows_share=0.1, money_share=0.05)
