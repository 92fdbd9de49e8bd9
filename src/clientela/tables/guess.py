"""Guess which columns of an unknown source are ours, by their names and their content.

The names are English and Portuguese. A guess is never read by: the user corrects it first.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from clientela.tables.presets import Role, folded

Values = Sequence[str]

SYNONYMS: dict[Role, dict[str, tuple[str, ...]]] = {
    "transactions": {
        "customer_id": (
            "customer_id", "id_cliente", "codigo_cliente", "cod_cliente", "cliente_id", "cliente",
            "cpf", "cnpj", "customer", "client_id", "client", "user_id", "user", "usuario",
            "member_id", "account_id", "buyer_id", "comprador", "consumidor",
        ),
        "ordered_local": (
            "ordered_local", "ordered_at", "data_hora", "data_da_compra", "data_compra",
            "data_do_pedido", "data_pedido", "data_da_venda", "data_venda", "data_emissao",
            "data_transacao", "order_date", "invoice_date", "purchase_date", "transaction_date",
            "trans_date", "sale_date", "created_at", "timestamp", "datetime", "date", "data",
            "emissao", "dia", "day",
        ),
        "unit_price": (
            "unit_price", "preco_unitario", "valor_unitario", "vl_unitario", "vlr_unitario",
            "price", "preco",
        ),
        "amount": (
            "amount", "valor_total", "total_price", "total_amount", "vl_total", "vlr_total",
            "line_total", "revenue", "receita", "faturamento", "tran_amount", "payment_value",
            "sales", "valor", "total", "value",
        ),
        "quantity": ("quantity", "quantidade", "qtde", "qtd", "qty", "units", "unidades"),
        "order_id": (
            "order_id", "id_pedido", "numero_pedido", "num_pedido", "pedido", "nota_fiscal",
            "numero_nota", "nota", "nf", "cupom", "invoice_no", "invoice_id", "invoice", "order_no",
            "order_number", "order", "transaction_id", "id_venda", "venda", "compra_id", "receipt",
        ),
        "product_id": (
            "product_id", "id_produto", "codigo_produto", "cod_produto", "stock_code", "sku", "ean",
            "item_id", "codigo_item", "codigo", "produto_id", "item", "produto", "product",
        ),
        "description": (
            "description", "descricao", "descricao_produto", "nome_produto", "product_name",
            "item_name", "produto", "product",
        ),
        "currency": ("currency", "moeda", "currency_code"),
        "country": ("country", "pais"),
        "channel": ("channel", "canal", "canal_de_venda", "sales_channel"),
        "service": ("service", "servico", "plano", "plan"),
        "category": ("category", "categoria", "departamento", "department", "secao"),
    },
    "customers": {
        "customer_id": (
            "customer_id", "id_cliente", "codigo_cliente", "cod_cliente", "cliente_id", "cliente",
            "cpf", "cnpj", "customer", "client_id", "user_id", "id",
        ),
        "signup_date": (
            "signup_date", "data_cadastro", "data_de_cadastro", "cadastro", "cliente_desde",
            "customer_since", "registered_at", "registration_date", "created_at",
        ),
        "birth_date": ("birth_date", "data_nascimento", "nascimento", "birthday", "dob"),
        "age": ("age", "idade"),
        "gender": ("gender", "genero", "sexo", "sex"),
        "region": ("region", "regiao", "estado", "uf", "state", "cidade", "city"),
        "churned": ("churned", "churn", "cancelado", "cancelou"),
        "churned_at": ("churned_at", "churn_date", "data_cancelamento", "cancelled_at"),
    },
}  # fmt: skip

DATES = ("ordered_local", "signup_date", "birth_date", "churned_at")
NUMBERS = ("unit_price", "amount", "quantity", "age")
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*|(19|20)\d{6}"
    r"|\d{1,2}[-/. ]\w{3,9}\.?[-/. ]\d{2,4}.*",
)
NUMBER = re.compile(r"\(?[-+]?(R\$|[£$€])?[-+]?[\d.,]+-?\)?")


def guess(
    columns: Sequence[str], rows: Sequence[Sequence[str | None]], role: Role
) -> dict[str, str]:
    """Guess a mapping: our column -> the source's.

    Examples
    --------
    >>> guess(
    ...     ["Pedido", "Cliente", "Data", "Valor"],
    ...     [("1", "7", "01/02/2023", "2,5")],
    ...     "transactions",
    ... )
    {'customer_id': 'Cliente', 'ordered_local': 'Data', 'amount': 'Valor', 'order_id': 'Pedido'}
    """
    found: dict[str, str] = {}
    for borne in (_whole, _in_part):
        for ours, names in SYNONYMS[role].items():
            free = [column for column in columns if column not in found.values()]
            fitting = [c for c in free if _content_fits(ours, _values(c, columns, rows))]
            best = _by_name(names, fitting, borne)
            if best is not None:
                found.setdefault(ours, best)
    if role == "transactions":
        _by_content(found, columns, rows)
    return found


def looks_like(pattern: re.Pattern[str], values: Values) -> bool:
    """Tell whether most values have a form; without values, that they may have it."""
    hits = sum(1 for value in values if pattern.fullmatch(re.sub(r"\s", "", value) or "-"))
    return hits >= 0.8 * len(values)


def _content_fits(ours: str, values: Values) -> bool:
    if ours in DATES:
        return looks_like(DATE, values)
    if ours in NUMBERS:
        return looks_like(NUMBER, values)
    return True


def _values(column: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Values:
    place = list(columns).index(column)
    return [value for row in rows if (value := row[place]) is not None]


def _bare(name: str) -> str:
    """Reduce a name to letters and digits without accents."""
    plain = unicodedata.normalize("NFKD", name)
    return folded("".join(char for char in plain if not unicodedata.combining(char)))


def _whole(name: str, column: str) -> bool:
    return _bare(column) == _bare(name)


def _in_part(name: str, column: str) -> bool:
    return len(_bare(name)) > 3 and _bare(name) in _bare(column)


def _by_name(
    names: Sequence[str], columns: Sequence[str], borne: Callable[[str, str], bool]
) -> str | None:
    """Find the column that bears the first name that any bears."""
    return next((c for name in names for c in columns if borne(name, c)), None)


def _by_content(
    found: dict[str, str], columns: Sequence[str], rows: Sequence[Sequence[str | None]]
) -> None:
    """Take the first date, and the first number with decimals, where no name told them."""
    free = [column for column in columns if column not in found.values()]
    dates = [c for c in free if (v := _values(c, columns, rows)) and looks_like(DATE, v)]
    if "ordered_local" not in found and dates:
        found["ordered_local"] = dates[0]
    money = [c for c in free if c not in dates and _looks_like_money(_values(c, columns, rows))]
    if not {"amount", "unit_price"} & found.keys() and money:
        found["amount"] = money[0]


def _looks_like_money(values: Values) -> bool:
    marked = [value for value in values if re.search(r"[.,]\d{2}\b", value)]
    return bool(marked) and looks_like(NUMBER, values)
