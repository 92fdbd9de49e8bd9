"""The columns of a list: what each holds, and how it is called."""

from dataclasses import dataclass
from typing import Literal

from clientela.i18n import Lang, t

Kind = Literal["text", "date", "money", "count", "share"]


@dataclass(frozen=True)
class ListColumn:
    """A column of a list.

    Parameters
    ----------
    name : str
        Name in Parquet and in the rows.
    kind : str
        ``text``, ``date``, ``money`` (2 decimals), ``count`` or ``share`` (0 to 1).
    label_key : str
        Key of the heading in the catalogues.
    width : int
        Characters in a workbook.
    """

    name: str
    kind: Kind
    label_key: str
    width: int = 14

    def heading(self, lang: Lang, currency: str | None) -> str:
        """Give the heading, money with its currency.

        Examples
        --------
        >>> feature_column("revenue_365d", "money").heading("pt_BR", "BRL")
        'Receita em 12 meses (BRL)'
        """
        label = t(self.label_key, lang)
        return f"{label} ({currency})" if self.kind == "money" and currency else label


def feature_column(name: str, kind: Kind) -> ListColumn:
    """Make the column of a feature, called as everywhere else."""
    return ListColumn(name, kind, f"feature.{name}.label", 16)


def list_column(name: str, kind: Kind = "text", width: int = 14) -> ListColumn:
    """Make a column that only lists have."""
    return ListColumn(name, kind, f"list.{name}", width)
