"""Fits by Minuit, an independent minimiser: to check `nushine.statistics.fit`, and for MINOS intervals."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from nushine.numerics.checks import require_between
from nushine.numerics.compilation import filter_jit
from nushine.statistics.far_data import misfit
from nushine.statistics.fit import FitError, ladder
from nushine.statistics.intervals import Interval
from nushine.statistics.model import Data, Model, negative_log_likelihood

if TYPE_CHECKING:
    from iminuit import Minuit

FloatArray = NDArray[np.float64]

STRENGTH = "strength"
"""Name of the signal strength among the parameters."""

TOLERANCE = 1e-5
"""Minuit ends where it expects -ln L to be within 0.001 of this of its minimum (EDM < 0.002 tol errordef)."""


def minuit(model: Model, data: Data, strength: float | None = None, lower: float = 0.0) -> "Minuit":
    """Maximise the likelihood with MIGRAD and exact gradients.

    Where that ends far from the data, or not at all, it begins again at other strengths, and the lowest minimum counts.

    Parameters
    ----------
    model : Model
    data : Data
        One data set.
    strength : float, optional
        Keep the signal strength at this value; free by default.
    lower : float
        Least strength of a free fit.

    Returns
    -------
    iminuit.Minuit
        The converged fit. Its parameters are "strength" and the nuisance parameters of the model, its function is
        -ln L as `negative_log_likelihood` has it (errordef 1/2); it has errors of all parameters from HESSE.

    Raises
    ------
    FitError
        If MIGRAD does not converge.
    ValueError
        If iminuit is not installed.

    References
    ----------
    F. James, M. Roos, Comput. Phys. Commun. 10, 343 (1975); H. Dembinski et al., iminuit, doi:10.5281/zenodo.3949207.

    """
    fitter = _migrad(model, data, 1.0 if strength is None else float(strength), lower, held=strength is not None)
    far = misfit(model, data, float(fitter.fval), np.asarray(fitter.values)[1:])
    if strength is None and (far or not fitter.valid):
        others = [_migrad(model, data, s, lower, held=False) for s in np.asarray(ladder(model, data)).tolist()]
        fitter = min((fitter, *others), key=lambda one: (not one.valid, one.fval))
        far = misfit(model, data, float(fitter.fval), np.asarray(fitter.values)[1:])
    if not fitter.valid:
        raise FitError(
            f"Minuit did not converge in {fitter.nfcn} calls (-ln L off by {fitter.fmin.edm:.2g}): "
            + (f"{far}; check the counts" if far else "simplify the model, e.g. merge bins or remove free parameters")
        )
    fitter.hesse()
    return fitter


def _migrad(model: Model, data: Data, strength: float, lower: float, *, held: bool) -> "Minuit":
    """One run of MIGRAD from this strength, converged or not."""
    start = [strength, *np.asarray(data.auxiliary).tolist()]

    def value(x: FloatArray) -> float:
        return float(_value(model, data, jnp.asarray(x)))

    def gradient(x: FloatArray) -> FloatArray:
        return np.asarray(_gradient(model, data, jnp.asarray(x)))

    fitter: Minuit = _iminuit().Minuit(value, start, grad=gradient, name=(STRENGTH, *model.nuisances))
    fitter.errordef, fitter.tol = 0.5, TOLERANCE
    if held:
        fitter.fixed[STRENGTH] = True
    else:
        fitter.limits[STRENGTH] = (lower, None)
    fitter.migrad()
    return fitter


def minos(model: Model, data: Data, name: str = STRENGTH, cl: float = 0.683) -> Interval:
    r"""Interval of one parameter from the profile likelihood, the strength being zero or above.

    .. math:: 2 \big[ \ln L(\hat s, \hat\theta) - \ln L(s, \hat{\hat\theta}) \big] = F^{-1}_{\chi^2_1}(\mathrm{CL})

    at both ends; the right side is 1 for a confidence level of 0.6827. The coverage is that level for many events and
    away from the lower bound of the strength.

    Parameters
    ----------
    model : Model
    data : Data
        One data set.
    name : str
        "strength" or a nuisance parameter.
    cl : float
        Confidence level, from 0.01 up to, not including, 1.

    Raises
    ------
    FitError
        If an end is not found: the likelihood does not fall far enough, or has several minima.
    ValueError
        For a parameter that the model has not, and if iminuit is not installed.

    References
    ----------
    F. James, MINUIT reference manual, CERN program library D506, section 5.3.

    """
    if name not in (STRENGTH, *model.nuisances):
        raise ValueError(
            f"parameter {name!r} is not in the model; give one of {', '.join((STRENGTH, *model.nuisances))}"
        )
    require_between("cl", cl, 0.01, 1 - 1e-12, cure="give a confidence level between 0 and 1, as in 0.683")
    fitter = minuit(model, data)
    fitter.minos(name, cl=cl)
    error, value = fitter.merrors[name], float(fitter.values[name])
    if not error.upper_valid or not (error.lower_valid or error.at_lower_limit):
        raise FitError(f"MINOS found no interval of {name} at {cl:g}: the likelihood does not fall far enough")
    low = 0.0 if error.at_lower_limit and name == STRENGTH else value + float(error.lower)
    return Interval(value, low, value + float(error.upper), cl, "MINOS")


@filter_jit
def _value(model: Model, data: Data, x: Array) -> Array:
    return negative_log_likelihood(model, data, x)


@filter_jit
def _gradient(model: Model, data: Data, x: Array) -> Array:
    slope: Array = jax.grad(lambda y: negative_log_likelihood(model, data, y))(x)
    return slope


def _iminuit() -> Any:
    """The package; ValueError if it is not installed."""
    try:
        return import_module("iminuit")
    except ModuleNotFoundError as error:
        raise ValueError(f"Minuit needs {error.name}: pip install 'nushine[statistics]'") from error
