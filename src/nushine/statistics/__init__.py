"""From event numbers to statements: likelihoods, limits, discovery, and which nature N has."""

from nushine.statistics.bayes import Posterior, Prior, bayesian_limit
from nushine.statistics.contours import exclusion
from nushine.statistics.counting import median_upper_limit, upper_limit
from nushine.statistics.design import KNOBS, Knob, Sensitivities, scan, sensitivities
from nushine.statistics.discrimination import discriminate, toy_significance
from nushine.statistics.edges import Status
from nushine.statistics.evidence import discovery
from nushine.statistics.feldman_cousins import feldman_cousins, poisson_interval
from nushine.statistics.fit import Fit, FitError, covariance, fit
from nushine.statistics.forecasts import Forecast, forecast
from nushine.statistics.intervals import Interval
from nushine.statistics.layout import Binning
from nushine.statistics.limits import Convention, Limit, strength_limit, toy_limit
from nushine.statistics.minuit import minos, minuit
from nushine.statistics.model import Data, Model
from nushine.statistics.photons import (
    Observable,
    divergence,
    median_significance,
    photon_shares,
    photon_shares_of_both,
    photons_needed,
    photons_needed_by_toys,
)
from nushine.statistics.ratios import PValues, Ratio, Statistic, likelihood_ratio, p_values, significance
from nushine.statistics.records import Contour, Evidence, Method
from nushine.statistics.unbinned import unbinned

__all__ = [
    "KNOBS",
    "Binning",
    "Contour",
    "Convention",
    "Data",
    "Evidence",
    "Fit",
    "FitError",
    "Forecast",
    "Interval",
    "Knob",
    "Limit",
    "Method",
    "Model",
    "Observable",
    "PValues",
    "Posterior",
    "Prior",
    "Ratio",
    "Sensitivities",
    "Statistic",
    "Status",
    "bayesian_limit",
    "covariance",
    "discovery",
    "discriminate",
    "divergence",
    "exclusion",
    "feldman_cousins",
    "fit",
    "forecast",
    "likelihood_ratio",
    "median_significance",
    "median_upper_limit",
    "minos",
    "minuit",
    "p_values",
    "photon_shares",
    "photon_shares_of_both",
    "photons_needed",
    "photons_needed_by_toys",
    "poisson_interval",
    "scan",
    "sensitivities",
    "significance",
    "strength_limit",
    "toy_limit",
    "toy_significance",
    "unbinned",
    "upper_limit",
]
