"""Identity: which spellings of an id are one customer.

The form of the ids is decided from the whole column. Rules are exact: the same document, address
or number in other clothes. What fits two readings, with other people under each, is asked.
"""

from dataclasses import dataclass

import ibis.expr.types as ir
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Source
from clientela.engine import Engine
from clientela.errors import DecisionNeeded, InputError, MappingError
from clientela.mapping.parse import PERSON
from clientela.mapping.source_columns import Mapping
from clientela.sources.ids import (
    APOSTROPHES,
    CNPJ_MASK,
    CPF_MASK,
    EMAIL,
    GROUPED,
    expand_scientific,
    is_document,
    normalise_id,
)
from clientela.sources.staging import Sample
from clientela.tables.append import Appending, write_partitions
from clientela.tables.buckets import bucket_of_id
from clientela.tables.manifest import Manifest

CLOTHED = rf"^[\s{''.join(APOSTROPHES)}]|\s$|^[0-9]+\.0+$|^(?i:nan|null|none)$|^$"
SCIENTIFIC = r"^[0-9]([.,][0-9]+)?[eE]\+?[0-9]{1,3}$"
PHONE = r"^(\+|00)?[\d\s().\-/]{8,20}$"
MARKED_PHONE = r"^\+|^\([0-9]|^00[1-9]"
MOSTLY = 0.5
"""Share of a column's ids that decides what they are. Of random numbers 2 in 100 pass the check
digits of a CPF or CNPJ, so that half of a column never does by chance."""
NEARLY_ALL = 0.9
"""Share of ids that must be numbers or phones: digits fit many things (by convention)."""
LEAST_MARKED = 0.05
"""Share of ids with the marks of a document among digits alone (by convention)."""
SAMPLE_IDS = 5_000
"""Ids whose check digits are computed: a share of one half is known to 2 points (binomial)."""
EXAMPLES = 3  # by convention: ids named in a question, on one line
COUNTRY_OF_CURRENCY = {"BRL": "55", "USD": "1", "CAD": "1", "GBP": "44", "ARS": "54", "CLP": "56",
                       "COP": "57", "MXN": "52", "PEN": "51", "UYU": "598"}  # fmt: skip
IDENTITIES = pa.schema(
    [("source_id", pa.string()), ("customer_id", pa.string()), ("rule", pa.string())]
)


@dataclass(frozen=True)
class Identities:
    """The ids of a source in their one spelling.

    Parameters
    ----------
    form : str
        How they are written (:mod:`clientela.sources.ids`).
    ids : pa.Table
        A row a distinct text: ``source_id`` as written, ``customer_id`` (null where it says that
        there is none), ``orders``.
    """

    form: str
    ids: pa.Table

    def orders(self) -> pa.Table:
        """Return ``customer_id`` and ``orders``, one row a customer."""
        named = self.ids.filter(pc.is_valid(self.ids["customer_id"]))
        summed = named.group_by("customer_id").aggregate([("orders", "sum")])
        return summed.rename_columns(["customer_id", "orders"])

    def spellings(self) -> pa.Table:
        """Return the ids that are written otherwise than their customer's, with the rule."""
        other = pc.not_equal(self.ids["source_id"], self.ids["customer_id"])
        rows = self.ids.filter(pc.fill_null(other, False))
        rule = self.form.partition(":")[0] or "as_written"
        return pa.table(
            [rows["source_id"], rows["customer_id"], pa.repeat(rule, len(rows)).cast("string")],
            schema=IDENTITIES,
        )

    def people(self) -> tuple[pa.Array, int]:
        """Return the customers with several spellings, and how many spellings those have."""
        counts = self.ids.group_by("customer_id").aggregate([([], "count_all")])
        several = counts.filter(
            pc.and_(pc.greater(counts["count_all"], 1), pc.is_valid(counts["customer_id"]))
        )
        return several["customer_id"].combine_chunks(), pc.sum(several["count_all"]).as_py() or 0

    @property
    def are_addresses(self) -> bool:
        """Whether the customers are known by their e-mail addresses."""
        return (
            self.form == "email" and _share(pc.drop_null(self.ids["customer_id"]), EMAIL) > MOSTLY
        )

    def apply(self, engine: Engine, staging: ir.Table, column: str) -> ir.Table:
        """Add the customer ids to a source, as the column :data:`PERSON`."""
        ids = self.ids.select(["source_id", "customer_id"]).rename_columns(["spelling", PERSON])
        spelt = engine.from_arrow(ids)
        joined = staging.left_join(spelt, staging[column] == spelt.spelling)
        return joined.select(*[joined[name] for name in staging.columns], joined[PERSON])

    @property
    def plain(self) -> bool:
        """Whether the parser reduces the ids alone, without a look at the whole column."""
        exact = pc.match_substring_regex(self.ids["source_id"], SCIENTIFIC)
        return self.form in ("", "text") and not pc.any(exact).as_py()


def resolve_ids(
    engine: Engine, staging: ir.Table, mapping: Mapping, settings: Source, held_form: str = ""
) -> Identities:
    """Decide the form of a source's ids and reduce each to its one spelling.

    Raises
    ------
    DecisionNeeded
        The ids fit two readings.
    MappingError
        A spreadsheet rounded them, so that digits are lost.
    """
    column, order = mapping.columns["customer_id"], mapping.columns.get("order_id")
    t = staging.filter(staging[column].notnull())
    orders = t[order].nunique() if order else t.count()
    counted = engine.to_arrow(t.group_by(source_id=t[column]).aggregate(orders=orders))
    written = counted["source_id"].combine_chunks()
    _check_digits(written, column)
    _check_order_digits(engine, staging, order)
    form: str = settings.id_form or ""
    if form in ("", "document", "phone"):
        stripped = pc.drop_null(_normalise(written, ""))
        form = _decide_form(engine, staging, stripped, mapping, settings) or held_form
    if form.startswith("document") and held_form.startswith("document"):
        lengths = {*form.partition(":")[2].split(","), *held_form.partition(":")[2].split(",")}
        form = "document:" + ",".join(sorted(lengths - {""}))
    ids = counted.append_column("customer_id", _normalise(written, form))
    return Identities(form, ids.select(["source_id", "customer_id", "orders"]))


def _normalise(written: pa.Array, form: str) -> pa.Array:
    """Reduce ids to one spelling; only those that may change pass through Python."""
    if form in ("", "text"):
        clothed = pc.or_(
            pc.match_substring_regex(written, CLOTHED),
            pc.match_substring_regex(written, SCIENTIFIC),
        )
    else:
        clothed = pa.repeat(True, len(written))
    texts = written.filter(clothed).to_pylist()
    reduced = [normalise_id(expand_scientific(text.strip()) or text, form) for text in texts]
    return pc.replace_with_mask(written, clothed, pa.array(reduced, pa.string()))


def _check_digits(written: pa.Array, column: str) -> None:
    """Refuse ids that a spreadsheet rounded: several customers would be one."""
    shaped = written.filter(pc.match_substring_regex(pc.utf8_trim_whitespace(written), SCIENTIFIC))
    lost = [text for text in shaped.to_pylist() if expand_scientific(text.strip()) is None]
    if lost:
        raise MappingError(
            f"{len(lost):,} ids are in scientific notation, such as {', '.join(lost[:EXAMPLES])}: "
            "a spreadsheet rounded them and the last digits are gone",
            where=f"column {column}",
            do="export the file again with the column as text",
        )


def _check_order_digits(engine: Engine, staging: ir.Table, order: str | None) -> None:
    if order is None:
        return
    suspect = staging.filter(staging[order].contains("+"))
    order_ids = engine.to_arrow(suspect.select(x=order).distinct())["x"].combine_chunks()
    _check_digits(order_ids, order)


def _decide_form(
    engine: Engine, staging: ir.Table, ids: pa.Array, mapping: Mapping, settings: Source
) -> str:
    if not len(ids):
        return ""
    if settings.id_form != "phone" and (documents := _documents(ids, settings.id_form)):
        return documents
    if _share(ids, EMAIL) > 0:
        return "email"  # which leaves all that is no address as it is
    marked = _share(ids, MARKED_PHONE) > 0 and _share(ids, PHONE) >= NEARLY_ALL
    if marked or settings.id_form == "phone":
        return "phone:" + _country(ids, mapping.currency)
    return _thousands(engine, staging, ids, mapping, settings)


def _share(ids: pa.Array, pattern: str) -> float:
    return float(pc.mean(pc.cast(pc.match_substring_regex(ids, pattern), "float64")).as_py() or 0)


def _documents(ids: pa.Array, configured: str | None) -> str:
    """Return the form of a column of CPFs, CNPJs or both, empty where it is none."""
    bare = pc.utf8_upper(pc.replace_substring_regex(ids, r"[-./\s]", ""))
    size = pc.utf8_length(bare)
    cpf, cnpj = pc.equal(size, 11), pc.equal(size, 14)
    masks = {11: _share(ids, CPF_MASK), 14: _share(ids, CNPJ_MASK)}
    if not configured and not (sum(masks.values()) or pc.any(pc.or_(cpf, cnpj)).as_py()):
        return ""
    sample = bare.filter(pc.match_substring_regex(bare, r"^[0-9]{6,14}$|^[0-9A-Z]{12}[0-9]{2}$"))
    texts = sample.slice(0, SAMPLE_IDS).to_pylist()
    padded = [any(is_document(text.zfill(n)) for n in (11, 14) if len(text) <= n) for text in texts]
    share = sum(padded) / max(min(len(ids), SAMPLE_IDS), 1)
    # Marks of a document beside digits alone: so even where the check digits are made up.
    marked = sum(masks.values())
    shaped = marked + _share(ids, r"^[0-9]{6,14}$") if marked >= LEAST_MARKED else 0.0
    if not configured and max(share, marked) < MOSTLY and shaped < NEARLY_ALL:
        return ""
    lengths = [
        n
        for n in (11, 14)
        if masks[n] or _valid_share([text for text in texts if len(text) == n]) >= MOSTLY
    ]
    return "document:" + ",".join(map(str, lengths or [11, 14]))


def _valid_share(texts: list[str]) -> float:
    return sum(map(is_document, texts)) / len(texts) if texts else 0.0


def _country(ids: pa.Array, currency: str) -> str:
    """Return the country code of numbers without one: the column's own, or the currency's."""
    codes = [code for code in COUNTRY_OF_CURRENCY.values() if _share(ids, rf"^\+{code}")]
    return codes[0] if len(codes) == 1 else COUNTRY_OF_CURRENCY.get(currency, "")


def _thousands(
    engine: Engine, staging: ir.Table, ids: pa.Array, mapping: Mapping, settings: Source
) -> str:
    """Decide what the point in 1.000 is, where a column of numbers has such ids."""
    grouped = pc.match_substring_regex(ids, GROUPED)
    if not pc.any(grouped).as_py():
        return ""
    digits = pc.match_substring_regex(ids, r"^[0-9]+$")
    numbers = pc.mean(pc.cast(pc.or_(grouped, digits), "float64")).as_py()
    if numbers < NEARLY_ALL:
        return ""
    if _share(ids.filter(grouped), r"^[0-9]+([.,]000)+$") < 1:
        return "grouped"
    if _share(ids.filter(grouped), r"^[0-9]+[.,]000[.,]") > 0:
        return "grouped"
    mark = settings.decimal or _decimal_mark(engine, staging, mapping)
    example = ids.filter(grouped)[0].as_py()
    if mark:
        return "decimal" if mark in example else "grouped"
    if not pc.any(digits).as_py() and len(ids) >= EXAMPLES:
        return "decimal"  # every id would be a multiple of one thousand
    raise DecisionNeeded(
        f"the id {example} may be {example[:-4]} or {example[:-4]}000",
        where=f"column {mapping.columns['customer_id']}",
        do='set source.id_form to "decimal" or to "grouped"',
    )


def _decimal_mark(engine: Engine, staging: ir.Table, mapping: Mapping) -> str:
    """Return the decimal mark of the source's money, empty where it shows none."""
    columns = [mapping.columns[n] for n in ("amount", "unit_price") if n in mapping.columns]
    marks = set()
    for column in columns:
        for mark in ".,":
            shown = staging[column].re_search(rf"[0-9][{mark}][0-9]{{1,2}}\D*$")
            if engine.to_arrow(staging.aggregate(x=shown.any()))["x"][0].as_py():
                marks.add(mark)
    return marks.pop() if len(marks) == 1 else ""


def check_collisions(ids: pa.Array, form: str, column: str) -> None:
    """Ask where case, separators or leading zeros would join ids.

    Parameters
    ----------
    ids : pa.Array of string
        The distinct customer ids of the source and of the tables.

    Raises
    ------
    DecisionNeeded
        It would: two spellings of one customer, or two customers.
    """
    if form not in ("", "email", "document:11,14"):
        return
    for name, key in (("code", _fold_codes(ids)), ("number", _fold_zeros(ids))):
        people = pc.count_distinct(key).as_py()
        if people == len(ids):
            continue
        pairs = pa.table({"id": ids, "key": key}).group_by("key").aggregate([("id", "list")])
        several = next(ids for ids in pairs["id_list"].to_pylist() if len(ids) > 1)
        unlike = "case and separators" if name == "code" else "leading zeros"
        raise DecisionNeeded(
            f"{len(ids):,} customers are {people:,} where {unlike} do not count: "
            f"{' and '.join(sorted(several)[:2])} may be one",
            where=f"column {column}",
            do=f'set source.id_form to "{name}" if they are one, to "text" if each is another',
        )


def _fold_codes(ids: pa.Array) -> pa.Array:
    folded = pc.replace_substring_regex(pc.utf8_upper(ids), r"\s+", " ")
    for before, after in ((r"\pL", "[0-9]"), ("[0-9]", r"\pL")):
        pattern = f"({before})[-._/ ]+({after})"
        folded = pc.replace_substring_regex(folded, pattern, r"\1\2")
    return folded


def _fold_zeros(ids: pa.Array) -> pa.Array:
    digits = pc.match_substring_regex(ids, "^[0-9]+$")
    return pc.if_else(digits, pc.utf8_ltrim(ids, "0"), ids)


def check_held_form(ids: pa.Array, form: str, held_form: str, column: str) -> None:
    """Refuse a form that would spell the ids of the tables otherwise.

    Raises
    ------
    InputError
        Customers that the tables hold would become others.
    """
    if form == held_form or not len(ids):
        return
    if _normalise(ids, form).equals(ids):
        return
    raise InputError(
        "the customer ids are written otherwise than those that the tables hold, and would not "
        "meet them",
        where=f"column {column}",
        do="set source.id_form, or read everything again with --replace",
    )


def form_of_sample(sample: Sample, mapping: Mapping, settings: Source) -> str:
    """Decide the form by first rows, where ids are replaced before the whole column is seen."""
    if settings.id_form not in (None, "document", "phone"):
        return str(settings.id_form)
    position = sample.columns.index(mapping.columns["customer_id"])
    written = pa.array([row[position] for row in sample.rows], pa.string()).drop_null()
    ids = pc.unique(_normalise(written, "").drop_null())
    if not len(ids):
        return ""
    documents = "" if settings.id_form == "phone" else _documents(ids, settings.id_form)
    if settings.id_form == "phone":
        return "phone:" + _country(ids, mapping.currency)
    return documents or ("email" if _share(ids, EMAIL) > 0 else "")


def append_identities(
    job: Appending, identities: Identities, staging: ir.Table, column: str
) -> Manifest:
    """Append the spellings that the table ``identities`` does not hold yet."""
    if PERSON in staging.columns:
        rows = _spellings_by_row(job.engine, identities, staging, column)
    else:
        rows = identities.spellings()
    if not len(rows):
        return job.manifest
    new = job.engine.from_arrow(rows)
    held_paths = [job.workspace.tables_folder / f.path for f in job.manifest.of("identities")]
    if held_paths:
        new = new.anti_join(job.engine.read_parquet(held_paths), ["source_id", "customer_id"])
    new = new.mutate(part_bucket=bucket_of_id(new.customer_id))
    files = write_partitions(job, new, "identities", f"{job.tag}-ids")
    return msgspec.structs.replace(job.manifest, files=(*job.manifest.files, *files))


def _spellings_by_row(
    engine: Engine, identities: Identities, staging: ir.Table, column: str
) -> pa.Table:
    """Take the customers from the rows: a store may be part of their key."""
    t = staging.select(source_id=staging[column], customer_id=staging[PERSON]).distinct()
    pairs = engine.to_arrow(t.filter(t.source_id != t.customer_id))
    rules = dict(
        zip(*(identities.ids[n].to_pylist() for n in ("source_id", "customer_id")), strict=True)
    )
    kind = identities.form.partition(":")[0] or "as_written"
    rule = [
        kind if rules.get(source) == customer else "store"
        for source, customer in zip(
            *(pairs[n].to_pylist() for n in ("source_id", "customer_id")), strict=True
        )
    ]
    return pairs.append_column("rule", pa.array(rule, pa.string())).cast(IDENTITIES)
