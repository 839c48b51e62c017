"""A thick-tufted pyramidal cell of layer 5, with the channels of Hay et al. (2011) where they put them.

Source: Hay, Hill, Schürmann, Markram & Segev (2011), PLoS Comput. Biol. 7:e1002107; ModelDB 139653.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from ...growth import Pyramid, pyramidal
from ...membrane import CalciumPool, Cell, from_morphology
from ...shape import APICAL, REGIONS, SOMA, Cable, Morphology
from ..hodgkin_huxley import Leak
from .densities import CALCIUM, HAY, HOT_ZONE, OUTSIDE_HOT_ZONE, SHELL, TUNED
from .inward import CaHVA, CaLVA, PersistentNa, PyramidalH, TransientNa
from .outward import SK, Kv3, PersistentK, PyramidalM, TransientK

CHANNELS = {
    "leak": lambda g: Leak(g, -90.0), "na": TransientNa, "nap": PersistentNa, "kv3": Kv3, "kt": TransientK,
    "kp": PersistentK, "m": PyramidalM, "sk": SK, "cahva": CaHVA, "calva": CaLVA, "h": PyramidalH,
}  # fmt: skip
CAPACITANCE = {"soma": 1.0, "axon": 1.0, "basal": 2.0, "apical": 2.0}  # µF/cm², of dendrites with their spines
REST_OF_SOMA, REST_OF_TIPS = -72.0, -60.5  # mV, of the tuned cell: where a simulation starts
THICK_TUFTED = Pyramid(
    soma_radius=9.0, basal_radius=180.0, trunk_length=620.0, oblique_end=0.5, tuft_height=420.0, tuft_radius=200.0,
    basal_base=1.0, apical_base=2.8, tip=0.45, basal_points=30, trunk_points=16, oblique_points=10, tuft_points=28,
)  # fmt: skip
Densities = Mapping[str, Mapping[str, PyTree]]


def layer5_pyramidal(
    morphology: Morphology | None = None, densities: Densities = TUNED, *, max_length: float = 40.0
) -> Cell:
    """A layer 5 pyramidal cell: somatic spikes, back-propagation, calcium spikes in the apical dendrite.

    In the apical dendrite I_h rises with path distance d as -0.8696 + 2.087 exp(3.6161 d / d_max), and calcium channels are
    dense between 53 % and 68 % of d_max, where most of the tuft begins; dendrites have 2 µF/cm² for their spines.

    Args:
        morphology: A neuron with a soma and an apical dendrite; basal dendrites and an axon, if it has them, are nearly
            passive. By default one that is grown by the plan `THICK_TUFTED`.
        densities: By region and channel [mS/cm²]; `HAY` for those of the source. By default those tuned for the grown cell, all
            between a third and three times the source's.
        max_length: Of compartments [µm].

    Returns:
        A cell at 34 °C.

    Raises:
        ValueError: for a morphology without soma or apical dendrite, or for an unknown region or channel.

    Source: Hay et al. (2011), PLoS Comput. Biol. 7:e1002107; ModelDB 139653.
    """
    morphology = pyramidal(jax.random.key(0), THICK_TUFTED) if morphology is None else morphology
    cell = from_morphology(morphology, max_length=max_length, celsius=34.0)
    cable: PyTree = cell.cable
    _check(cable, densities)
    for region in densities:
        cell = _furnished(cell, region, densities[region]) if _has(cable, region) else cell
    share = _share(cable, morphology)
    for name in ("h", *OUTSIDE_HOT_ZONE):
        if name in densities["apical"]:
            cell = cell.set(f"{name}.g_max", cell.get(f"{name}.g_max") * _profile(name, share), where="apical")
    return cell.set("v_init", REST_OF_SOMA + (REST_OF_TIPS - REST_OF_SOMA) * share)


def apical_way(cable: Cable) -> np.ndarray:
    """The compartments from the soma to the farthest apical one."""
    distance = np.where(cable.kind == APICAL, np.asarray(cable.path_distance), -1.0)
    return cable.way(int(np.argmax(distance)))


def apical_site(cable: Cable, share: float) -> int:
    """The compartment on the way to the farthest apical one that is nearest to a share of it."""
    way = apical_way(cable)
    distance = np.asarray(cable.path_distance)[way]
    return int(way[np.argmin(np.abs(distance - share * distance[-1]))])


def _furnished(cell: Cell, region: str, densities: Mapping[str, PyTree]) -> Cell:
    """The cell with what belongs into a region: channels, calcium, capacitance."""
    cell = cell.set("capacitance", CAPACITANCE[region], where=region)
    for name, density in densities.items():
        cell = cell.insert(name, CHANNELS[name](density), where=region)
    if region not in CALCIUM:
        return cell
    free, tau = CALCIUM[region]
    # where most of the calcium is bound at once, the rest rises as if the shell were so much deeper
    return cell.insert("ca", CalciumPool(rest=1e-4, tau=tau, depth=SHELL / free), where=region)


def _share(cable: Cable, morphology: Morphology) -> jax.Array:
    """Path distance as a share of the longest apical way (compartment,), 0 outside the apical dendrite."""
    way = morphology.along_path(jnp.where(morphology.kind == SOMA, 0.0, morphology.length))
    farthest = jnp.max(jnp.where(morphology.kind == APICAL, way, 0.0))
    return jnp.where(cable.kind == APICAL, cable.path_distance / farthest, 0.0)


def _profile(name: str, share: jax.Array) -> jax.Array:
    """How an apical density depends on the share of the longest way (compartment,)."""
    if name == "h":
        return -0.8696 + 2.087 * jnp.exp(3.6161 * share)
    hot = (share > HOT_ZONE[0]) & (share < HOT_ZONE[1])
    return jnp.where(hot, 1.0, OUTSIDE_HOT_ZONE[name])


def _has(cable: Cable, region: str) -> bool:
    return bool(np.isin(cable.kind, REGIONS[region]).any())


def _check(cable: Cable, densities: Densities) -> None:
    for region in ("soma", "apical"):
        if not _has(cable, region):
            raise ValueError(f"the morphology has no {region}: a layer 5 pyramidal cell needs points of that kind.")
        if region not in densities:
            raise ValueError(f"densities lack the region {region!r}: give it, such as HAY[{region!r}].")
    for region, channels in densities.items():
        unknown = [f"channel {name!r}" for name in channels if name not in CHANNELS]
        unknown += [f"region {region!r}"] * (region not in HAY)
        if unknown:
            raise ValueError(
                f"no {unknown[0]}: densities are by region, {', '.join(HAY)}, and channel, {', '.join(CHANNELS)}."
            )
