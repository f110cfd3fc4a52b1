"""What a detector asks of an event, what it counts without any signal, and where its parts are."""

from nushine.detectors.arrangement import Arrangement, Body, Crystal
from nushine.detectors.attenuation import Material, material
from nushine.detectors.background import Background
from nushine.detectors.channels import COINCIDENCE, PHOTON, RECOIL, Channel
from nushine.detectors.response import Response
from nushine.detectors.shapes import Box, Cylinder, Shape, Shell, Sphere
from nushine.detectors.uncertainties import Uncertainties

__all__ = [
    "COINCIDENCE",
    "PHOTON",
    "RECOIL",
    "Arrangement",
    "Background",
    "Body",
    "Box",
    "Channel",
    "Crystal",
    "Cylinder",
    "Material",
    "Response",
    "Shape",
    "Shell",
    "Sphere",
    "Uncertainties",
    "material",
]
