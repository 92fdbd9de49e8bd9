"""One simulated shop for all tests of the simulator."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clientela.simulate import RetailSettings, Simulation, simulate_retail

SETTINGS = RetailSettings(customers=1_500, dirty_share=0.04, fee_share=0.2, seed=7)


@dataclass(frozen=True)
class Shop:
    """The files of a simulated shop, read back by pandas."""

    made: Simulation
    settings: RetailSettings
    lines: pd.DataFrame
    truth: pd.DataFrame
    facts: dict[str, Any]

    @property
    def sound(self) -> pd.DataFrame:
        """Lines without planted copies and duplicates, told by what pandas sees alone."""
        lines = self.lines
        spoilt = lines.when.isna() | (lines.when > pd.Timestamp(self.settings.end) + DAY)
        spoilt |= (lines.UnitPrice <= 0) | ((lines.Quantity < 0) & ~lines.credit)
        return lines[~spoilt & ~lines.duplicated(COLUMNS)]


COLUMNS = [
    "InvoiceNo", "StockCode", "Description", "Quantity",
    "InvoiceDate", "UnitPrice", "CustomerID", "Country",
]  # fmt: skip
DAY = dt.timedelta(days=1)


def read(made: Simulation, settings: RetailSettings) -> Shop:
    """Read what was simulated."""
    texts = {name: "string" for name in COLUMNS if name not in {"Quantity", "UnitPrice"}}
    lines = pd.read_csv(made.transactions, dtype=texts, keep_default_na=False)
    lines["when"] = pd.to_datetime(lines.InvoiceDate, format="%Y-%m-%d %H:%M:%S", errors="coerce")
    lines["credit"] = lines.InvoiceNo.str.startswith("C")
    lines["product"] = lines.StockCode.str.fullmatch(r"\d{5}[A-Z]?")
    lines["amount"] = lines.Quantity * lines.UnitPrice
    truth = pd.read_parquet(made.truth).set_index("customer_id")
    return Shop(made, settings, lines, truth, json.loads(made.facts.read_text("utf-8")))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop with every kind of dirt."""
    folder: Path = tmp_path_factory.mktemp("shop")
    return read(simulate_retail(folder, SETTINGS), SETTINGS)
