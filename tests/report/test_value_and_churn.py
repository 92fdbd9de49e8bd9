"""Who will bring how much, who may leave, and the models behind both."""

import pytest

from clientela.i18n import LANGS, Lang
from clientela.report.answers.churn_evidence import compare_orders
from clientela.report.answers.figures import write_figure
from clientela.report.formatter import Formatter, make_formatter
from clientela.report.report_data import ReportData
from tests.report.answer_helpers import answer_of, answers_of, with_column
from tests.report.models import METRICS
from tests.report.run_tables import NAMES, SHARES
from tests.report.test_answers import KEYS
from tests.report.variants import VARIANTS, whole


def test_the_value_has_the_verdict_and_names_customers_to_come() -> None:
    answer = answer_of(whole(), "value")
    assert answer.paragraphs[0] == "The forecast beats last period again by 8%."
    assert "between £1.74M and £2.46M" in answer.headline
    assert answer.value
    assert answer.value.text == "£2.05M"
    assert answer.value.number == 2_050_000.0
    assert answer.charts[0].series[0].low[1] is None
    assert ("New customers", "not measurable") in [
        (row[0], row[4]) for row in answer.tables[0].rows
    ]


def test_what_cannot_be_forecast_is_called_not_measurable() -> None:
    nothing = with_column(whole(), "value_forecast", "expected", [None] * 3)
    answer = answer_of(nothing, "value")
    assert "not measurable" in answer.headline
    assert answer.value is None or answer.value.text == "£1.54M"


def test_a_chance_that_tells_nobody_apart_is_said_not_drawn() -> None:
    data = whole()
    same = with_column(data, "customers", "p_alive", [1.0] * len(data.tables["customers"]))
    answer = answer_of(same, "value")
    assert "the same for all" in answer.paragraphs[-1]
    assert "p_alive" not in [chart.key for chart in answer.charts]


def test_a_forecast_that_no_past_date_judges_is_no_headline() -> None:
    unmeasured = with_column(whole(), "value_forecast", "measurable", [False] * 3)
    answer = answer_of(unmeasured, "value")
    assert "£2.05M" not in answer.headline
    assert "No forecast is given" in answer.headline
    assert answer.value
    assert answer.value.text == "£1.54M"  # what the last 90 days brought
    assert any("past errors would put it between £1.74M" in text for text in answer.paragraphs)
    share = "expected to come from new customers"
    assert share in answer_of(whole(), "value").charts[0].title
    assert share not in answer.charts[0].title


def test_what_everybody_knows_stands_beside_the_forecast() -> None:
    answer = answer_of(whole(), "value")
    assert "the last 90 days brought in £1.54M, the same days last year £1.32M" in answer.headline
    assert [series.name for series in answer.charts[0].series[1:]] == [
        "The last 90 days",
        "The same days last year",
    ]
    young = with_column(whole(), "value_forecast", "last_year", [None] * 3)
    assert "last year are not in the data" in answer_of(young, "value").headline


def test_settings_come_from_the_card_where_the_run_does_not_tell_them() -> None:
    data = ReportData(whole().tables, {**whole().facts, "value": {}})
    chart = next(c for c in answer_of(data, "value").charts if c.key == "worth_by_segment")
    assert "next 730 days" in chart.note


def test_the_worth_of_segments_adds_up() -> None:
    data = whole()
    chart = next(c for c in answer_of(data, "value").charts if c.key == "worth_by_segment")
    for series in chart.series:
        assert sum(map(float, series.values)) == pytest.approx(1.0)  # type: ignore[arg-type]
    customers = data.tables["customers"].to_pylist()
    first = max(SHARES, key=lambda s: sum(r["clv"] for r in customers if r["segment"] == s))
    assert chart.categories[0] == NAMES[first][0]


def test_bands_hold_every_customer_once_with_the_money_at_stake() -> None:
    data = whole()
    customers = data.tables["customers"].to_pylist()
    rows = answer_of(data, "churn").tables[0].rows
    assert [row[0] for row in rows] == ["High risk", "Medium risk", "Low risk", "Gone"]
    high = [row for row in customers if row["churn_band"] == "high"]
    assert rows[0][1] == str(len(high))
    answer = answer_of(data, "churn", "en")
    amount = f"£{sum(row['revenue_365d'] for row in high):,.0f}"
    assert rows[0][4] == amount
    assert amount in answer.headline
    heat = next(chart for chart in answer.charts if chart.kind == "heat")
    cells = [float(v) for series in heat.series for v in series.values]  # type: ignore[arg-type]
    assert sum(cells) == pytest.approx(sum(row["revenue_365d"] for row in customers))


@pytest.mark.parametrize(
    ("unknown", "said", "unsaid"),
    [
        ((), "that is a profit of £", "No profit is given"),
        (("margin",), "`economics.gross_margin`", "a profit of"),
        (
            ("margin", "contact_cost", "saved_share"),
            "For each £1 that a contact",
            "margin of",
        ),
    ],
)
def test_profit_is_said_only_where_it_has_a_cost_side(
    unknown: tuple[str, ...], said: str, unsaid: str
) -> None:
    data = whole()
    if unknown:
        nothing: list[object] = [None] * len(data.tables["churn_contacts"])
        data = with_column(data, "churn_contacts", "profit", nothing)
    churn = data.facts["churn"]
    plan = churn["contacts"] | dict.fromkeys(unknown)
    facts = {**data.facts, "churn": churn | {"contacts": plan}}
    text = " ".join(answer_of(ReportData(data.tables, facts), "churn").paragraphs)
    assert "contact the 1,111 customers at risk with the largest expected loss" in text
    assert said in text
    assert unsaid not in text
    assert "clientela experiment design" in text
    chart = next(chart for chart in answer_of(data, "churn").charts if chart.key == "contacts")
    assert [mark.at for mark in chart.marks] == [pytest.approx(0.4)]
    assert len(chart.series) == 3


@pytest.mark.parametrize("margin", [True, False])
@pytest.mark.parametrize(("lang", "name"), [("en", "lifetime value"), ("pt_BR", "LTV")])
def test_lifetime_value_is_named_only_with_a_margin(margin: bool, lang: Lang, name: str) -> None:
    data = whole()
    if not margin:
        data = with_column(data, "customers", "clv", [None] * len(data.tables["customers"]))
    answer = answer_of(data, "value", lang)
    chart = next(c for c in answer.charts if c.key == "worth_by_segment")
    table = next(t for t in answer.tables if t.key == "worth_by_segment")
    headings = " ".join(column.name for column in table.columns)
    assert all((name in text) is margin for text in (chart.title, chart.note, headings))
    assert ("[economics]" in " ".join(answer.paragraphs)) is not margin


def test_leaving_is_what_the_firm_means_by_it() -> None:
    full = whole()
    assert "no purchase in the next 90 days" in answer_of(full, "churn").paragraphs[0]
    churn = {"framing": {"kind": "contractual", "horizon_days": 60}}
    tables = {name: table for name, table in full.tables.items() if name != "churn_horizons"}
    flagged = ReportData(tables, {**full.facts, "churn": churn})
    assert "within the next 60 days" in answer_of(flagged, "churn").paragraphs[0]


@pytest.mark.parametrize(
    ("family", "high", "said"),
    [
        ("learned", -0.01, "significantly better than the best simple one; the"),
        ("learned", 0.01, "not significantly better than the best simple one."),
        ("simple", -0.01, "so the simple one is in use"),
    ],
)
def test_the_verdict_on_churn_is_told_without_scores(family: str, high: float, said: str) -> None:
    data = whole()
    rows = data.rows("model_candidates")
    serving = [r["purpose"] == "churn" and r["role"] == "champion" for r in rows]
    families = [family if s else r["family"] for s, r in zip(serving, rows, strict=True)]
    ends: list[object] = [high] * len(data.rows("model_metrics"))
    data = with_column(data, "model_candidates", "family", families)
    told = answer_of(with_column(data, "model_metrics", "difference_high", ends), "churn")
    text = " ".join(told.paragraphs)
    assert said in text
    assert "times as often as the average" in text
    assert "log loss" not in text


def test_the_worst_total_is_told_as_too_high_or_too_low() -> None:
    rows = whole().rows("model_metrics")
    for sign, said in ((1, "10.0% too high"), (-1, "10.0% too low")):
        values = [0.1 * sign if row["metric"] == "bias" else row["value"] for row in rows]
        answer = answer_of(with_column(whole(), "model_metrics", "value", values), "value")
        chart = next(each for each in answer.charts if each.key == "value_backtest")
        assert said in chart.title


def test_a_contract_shows_no_other_horizons() -> None:
    none: list[object] = [None] * len(whole().rows("churn_horizons"))
    answer = answer_of(with_column(whole(), "churn_horizons", "churn_share", none), "churn")
    assert "churn_horizons" not in {table.key for table in answer.tables}
    assert "churn_horizons" not in {chart.key for chart in answer.charts}


def test_a_name_with_an_aside_in_an_aside_leaves_no_bracket_behind() -> None:
    told = "The forecast (one stage (Tweedie)) beats last period (again): by 8%."
    texts = [told] * whole().tables["model_notes"].num_rows
    data = with_column(whole(), "model_notes", "text_en", [*texts])
    assert answer_of(data, "value").paragraphs[0] == "The forecast beats last period."


def test_a_flag_without_a_date_is_told_before_all_else() -> None:
    answer = answer_of(VARIANTS["attributes_only"](), "churn")
    assert answer.paragraphs[0] == "The flag flatters."
    assert answer.tables[0].columns[-1].name == "Mean probability"  # nothing of money is known


def test_the_models_are_reported_for_their_keepers_alone() -> None:
    given = answers_of("whole", "en")
    assert [answer.key for answer in given if answer.part == "models"] == KEYS[-3:]
    churn = given[-3]
    assert {chart.key for chart in churn.charts} >= {
        f"churn_{curve}" for curve in ("roc", "pr", "calibration", "gain", "learning")
    }
    rows = churn.tables[0].rows
    assert rows[0][:5] == ("ROC-AUC", "0.771", "0.740", "0.802", "days since the last order")
    assert len(rows) == len(METRICS["churn"])
    keys = {table.key for table in given[-2].tables}
    assert {"btyd", "metrics_value_mean", "metrics_value_median", "card_value"} <= keys
    notes = {table.key: table.note for answer in given[-3:] for table in answer.tables}
    assert "recall and F1 are at a threshold of 42.0%" in notes["metrics_churn"]
    assert "F1" not in notes["metrics_value_mean"] + notes["metrics_value_median"]


def test_next_steps_come_from_the_evidence_of_the_run() -> None:
    data = whole()
    steps = " ".join(answer_of(data, "method").paragraphs)
    assert "14.7% of revenue has no customer id" in steps
    assert "carries information that they do not use" in steps
    assert "To plan on the forecast" not in steps  # past dates judge it
    length = len(data.rows("value_forecast"))
    unjudged = with_column(data, "value_forecast", "measurable", [False] * length)
    families: list[object] = [
        "naive" if row["role"] == "champion" else "learned" for row in data.rows("model_candidates")
    ]
    unjudged = with_column(unjudged, "model_candidates", "family", families)
    unjudged = with_column(
        unjudged, "exploration", "information", [None] * len(data.rows("exploration"))
    )
    steps = " ".join(answer_of(unjudged, "method").paragraphs)
    assert "To plan on the forecast: load older years" in steps
    assert "the more elaborate models were no better than a simple one" in steps
    assert "carries information that they do not use" not in steps


def test_a_loss_that_no_past_date_can_judge_is_stated_nowhere() -> None:
    data = whole()
    length = len(data.tables["value_forecast"])
    unjudged = with_column(data, "value_forecast", "measurable", [False] * length)
    for lang in LANGS:
        fmt = make_formatter(data, lang)
        loss = write_figure(unjudged, fmt, "expected_loss_to_contact")
        spent = write_figure(unjudged, fmt, "revenue_to_contact")
        sure, unsure = (answer_of(d, "bottom_line", lang).paragraphs[0] for d in (data, unjudged))
        assert loss in sure
        assert spent in unsure
        answer = answer_of(unjudged, "churn", lang)
        texts = [
            unsure,
            *answer.paragraphs,
            *(cell for row in answer.tables[0].rows for cell in row),
        ]
        assert not any(loss in text for text in texts)
        assert len(answer.tables[0].columns) == len(answer_of(data, "churn").tables[0].columns) - 1


@pytest.mark.parametrize(
    ("other", "says"), [(50.0, "did better than"), (100.0, "as well"), (200.0, "To protect")]
)
def test_the_order_of_the_list_is_compared_with_past_revenue_in_words(
    other: float, says: str
) -> None:
    row = {"contacts": 300, "at_stake": 100.0, "at_stake_low": 80.0, "at_stake_high": 120.0}
    assert says in compare_orders({**row, "at_stake_revenue": other}, Formatter("en", "GBP"))
