"""Fitters of Buy Till You Die models, in the words of lifetimes and PyMC-Marketing.

>>> import numpy as np
>>> import pyarrow as pa
>>> x, t_x = np.array([0.0, 2.0, 1.0, 6.0, 0.0]), np.array([0.0, 24.0, 3.0, 36.0, 0.0])
>>> frame = pa.table({"frequency": x, "recency": t_x, "T": [38.0, 39.0, 30.0, 37.0, 12.0]})
>>> model = ParetoNBDFitter().fit(frame, unit="weeks")
>>> model.expected_purchases(39).shape
(5,)
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, Self, TypeVar

import numpy as np
import pyarrow as pa

from clientela.btyd.beta_geometric import BetaGeometric, fit_beta_geometric
from clientela.btyd.frame import Frame, Span, TimeUnit
from clientela.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma
from clientela.btyd.maximum_likelihood import Fit
from clientela.btyd.model import PurchaseModel, compute_clv
from clientela.btyd.pareto_nbd import ParetoNbd, fit_pareto_nbd
from clientela.errors import InputError
from clientela.statistics.arrays import Doubles, doubles

COLUMNS = ("frequency", "recency", "T")
# The 97.5 % quantile of the normal distribution: half the width of a Wald interval.
NORMAL_95 = 1.959964

ModelT = TypeVar("ModelT", bound=PurchaseModel | GammaGamma)


class BtydFitter(Generic[ModelT]):
    """What every fitter shares: the fit, its parameters and their errors.

    Attributes
    ----------
    fit_ : Fit
        The model with its log-likelihood, standard errors and covariance.
    frame_ : Frame
        The customers it was fitted on, whom it predicts unless others are given.
    """

    fit_: Fit[ModelT]
    frame_: Frame

    @property
    def params_(self) -> dict[str, float]:
        """Parameters by name, in the unit of the frame."""
        return self.model_.parameters()

    @property
    def model_(self) -> ModelT:
        """The fitted model itself.

        Raises
        ------
        InputError
            Nothing was fitted yet.
        """
        if not hasattr(self, "fit_"):
            raise InputError(
                f"{type(self).__name__} is not fitted yet", do="call its method fit first"
            )
        return self.fit_.model

    @property
    def log_likelihood_(self) -> float:
        """Log-likelihood at its maximum, constants left out as published."""
        return self.fit_.log_likelihood

    @property
    def identified_(self) -> bool:
        """Whether the data identify the parameters; ``fit_.note_code`` says why not."""
        return self.fit_.identified

    def fit(self, frame: object, *, unit: TimeUnit = "days") -> Self:
        """Fit the model to customers by maximum likelihood.

        Parameters
        ----------
        frame : DataFrame, Arrow table, mapping of arrays or Frame
            Columns ``frequency``, ``recency``, ``T`` and, for spend, ``monetary_value``, as
            lifetimes and PyMC-Marketing define them; others are ignored.
        unit : {"days", "weeks"}
            In which the frame counts; a Frame knows its own.

        Raises
        ------
        InputError
            A column is missing or not numeric, a value is missing, or values contradict each other.
        """
        self.frame_ = read_frame(frame, unit)
        self.fit_ = self._fit(self.frame_)
        return self

    def summary(self) -> pa.Table:
        """Return each parameter with its standard error and 95 % interval.

        Returns
        -------
        pa.Table
            ``parameter``, ``coef``, ``se_coef``, ``lower_95``, ``upper_95``; the errors are null
            where the data do not identify the parameter.
        """
        names, values = list(self.params_), np.array(list(self.params_.values()))
        errors = np.array([self.fit_.standard_errors[name] for name in names])
        errors = np.where(np.isfinite(errors), errors, np.nan)
        columns = {
            "coef": values,
            "se_coef": errors,
            "lower_95": values - NORMAL_95 * errors,
            "upper_95": values + NORMAL_95 * errors,
        }
        arrays = {name: pa.array(column, from_pandas=True) for name, column in columns.items()}
        return pa.table({"parameter": names} | arrays)

    def __repr__(self) -> str:
        """Return the class and, once fitted, the parameters."""
        if not hasattr(self, "fit_"):
            return f"<{type(self).__name__}: not fitted>"
        parameters = ", ".join(f"{name}: {value:.3f}" for name, value in self.params_.items())
        customers = self.fit_.customers
        return f"<{type(self).__name__}: fitted with {customers} customers, {parameters}>"

    @abstractmethod
    def _fit(self, frame: Frame) -> Fit[ModelT]: ...

    def _customers(self, frame: object | None) -> Frame:
        self.model_  # noqa: B018 - raises where nothing is fitted
        return self.frame_ if frame is None else read_frame(frame, self.frame_.unit)


class PurchaseFitter(BtydFitter[ModelT]):
    """What the models of purchases predict of the fitted customers, or of others in ``frame``."""

    def expected_purchases(self, t: float, frame: object | None = None) -> Doubles:
        """Return the expected purchases within ``t`` from now, in the frame's unit."""
        customers = self._customers(frame)
        return self._purchase_model.expected_purchases(customers, Span(t, customers.unit))

    def probability_alive(self, frame: object | None = None) -> Doubles:
        """Return the probability that each customer may buy again."""
        return self._purchase_model.p_alive(self._customers(frame))

    def probability_of_no_purchase(self, t: float, frame: object | None = None) -> Doubles:
        """Return the probability of no purchase within ``t`` from now, in the frame's unit."""
        customers = self._customers(frame)
        return self._purchase_model.p_no_purchase(customers, Span(t, customers.unit))

    @property
    def _purchase_model(self) -> PurchaseModel:
        model = self.model_
        if not isinstance(model, PurchaseModel):
            raise TypeError(f"{type(self).__name__} fits no model of purchases")
        return model


class BetaGeoFitter(PurchaseFitter[BetaGeometric]):
    """BG/NBD: customers may drop out after each repeat purchase.

    References
    ----------
    Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2),
    doi:10.1287/mksc.1040.0098.

    Examples
    --------
    >>> from clientela.btyd.simulate import simulate_purchases
    >>> truth = BetaGeometric(0.5, 5.0, 0.8, 2.5, unit="weeks")
    >>> frame = simulate_purchases(truth, np.linspace(0.0, 20.0, 2000), 52.0, 1).frame(52.0)
    >>> model = BetaGeoFitter().fit(frame)
    >>> list(model.params_), model.identified_
    (['r', 'alpha', 'a', 'b'], True)
    >>> bool(model.expected_purchases(39).sum() > 0)
    True
    """

    def _fit(self, frame: Frame) -> Fit[BetaGeometric]:
        return fit_beta_geometric(frame)


class ModifiedBetaGeoFitter(PurchaseFitter[BetaGeometric]):
    """MBG/NBD: customers may drop out after the first purchase already.

    References
    ----------
    Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for
    customer base analysis, doi:10.1016/j.ijresmar.2006.12.005.
    """

    def _fit(self, frame: Frame) -> Fit[BetaGeometric]:
        return fit_beta_geometric(frame, modified=True)


class ParetoNBDFitter(PurchaseFitter[ParetoNbd]):
    """Pareto/NBD: customers drop out at any time, at a rate of their own.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), Counting Your Customers, Management Science 33(1),
    doi:10.1287/mnsc.33.1.1.
    """

    def _fit(self, frame: Frame) -> Fit[ParetoNbd]:
        return fit_pareto_nbd(frame)


class GammaGammaFitter(BtydFitter[GammaGamma]):
    """Gamma-Gamma: what a customer spends on a purchase day, from the days seen.

    References
    ----------
    Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value,
    http://www.brucehardie.com/notes/025/.

    Examples
    --------
    >>> frame = {"frequency": [1.0, 3.0, 2.0, 5.0, 4.0], "recency": [5.0, 20.0, 9.0, 30.0, 25.0]}
    >>> frame |= {"T": [39.0] * 5, "monetary_value": [10.0, 35.0, 20.0, 52.0, 18.0]}
    >>> GammaGammaFitter().fit(frame).expected_average_profit().shape
    (5,)
    """

    def expected_average_profit(self, frame: object | None = None) -> Doubles:
        """Return the mean spend on a purchase day expected of each customer.

        PyMC-Marketing calls it ``expected_customer_spend``, lifetimes
        ``conditional_expected_average_profit``.
        """
        return self.model_.expected_spend(self._customers(frame))

    def customer_lifetime_value(
        self, purchases: PurchaseFitter[Any], t: float, *, yearly_discount_rate: float = 0.1
    ) -> Doubles:
        """Return the discounted value of the purchases expected within ``t`` from now.

        Parameters
        ----------
        purchases : PurchaseFitter
            A fitted model of the same customers' purchases.
        t : float
            How far ahead, in the unit of the purchases' frame.
        yearly_discount_rate : float
            Such as 0.10; lifetimes asks for a monthly one.

        Raises
        ------
        InputError
            Both were fitted to different numbers of customers.
        """
        spend, customers = self.expected_average_profit(), purchases.frame_
        if len(spend) != len(customers):
            raise InputError(
                f"spend was fitted to {len(spend)} customers, purchases to {len(customers)}",
                do="fit both to the same frame",
            )
        horizon = Span(t, customers.unit)
        return compute_clv(purchases.model_, customers, spend, horizon, yearly_discount_rate)

    def _fit(self, frame: Frame) -> Fit[GammaGamma]:
        return fit_gamma_gamma(frame)


def read_frame(frame: object, unit: TimeUnit = "days") -> Frame:
    """Read a frame of customers from a DataFrame, an Arrow table or a mapping of arrays.

    Parameters
    ----------
    frame : object
        Holds ``frequency``, ``recency``, ``T`` and, if it is there, ``monetary_value``.
    unit : {"days", "weeks"}
        In which it counts; a Frame keeps its own.

    Raises
    ------
    InputError
        A column is missing or not numeric, a value is missing, or values contradict each other.

    Examples
    --------
    >>> read_frame({"frequency": [2], "recency": [10], "T": [39]}, "weeks").T
    array([39.])
    """
    if isinstance(frame, Frame):
        return frame
    table = pa.table(dict(frame) if isinstance(frame, Mapping) else frame)
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise InputError(
            f"the frame of customers lacks {', '.join(missing)}",
            where=", ".join(table.column_names),
            do="give the columns frequency, recency and T, as lifetimes defines them",
        )
    frequency, recency, age = (doubles(table, name) for name in COLUMNS)
    money = "monetary_value" in table.column_names
    spend = doubles(table, "monetary_value") if money else np.zeros(table.num_rows)
    try:
        return Frame(frequency, recency, age, np.nan_to_num(spend), unit)
    except ValueError as error:
        raise InputError(
            str(error), do="check that 0 <= recency <= T, and recency is 0 without repeat purchases"
        ) from None
