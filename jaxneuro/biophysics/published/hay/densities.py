"""How dense the channels of a layer 5 pyramidal cell are, by region and channel.

Source: Hay, Hill, Schürmann, Markram & Segev (2011), PLoS Comput. Biol. 7:e1002107; L5PCbiophys3 of ModelDB 139653, the model of
calcium spikes that back-propagation activates, and of firing under steps.
"""

HAY = {  # mS/cm²; of h in the apical dendrite the value at the soma, of the calcium channels there that of the hot zone
    "soma": {
        "leak": 0.0338, "na": 2040.0, "nap": 1.72, "kv3": 693.0, "kt": 81.2, "kp": 2.23, "sk": 44.1, "cahva": 0.992,
        "calva": 3.43, "h": 0.2,
    },
    "axon": {"leak": 0.0325},
    "basal": {"leak": 0.0467, "h": 0.2},
    "apical": {"leak": 0.0589, "na": 21.3, "kv3": 0.261, "m": 0.0675, "sk": 1.2, "cahva": 0.555, "calva": 18.7, "h": 0.2},
}  # fmt: skip
TUNED = {  # the same, found by `benchmarks/layer5.py` for the grown cell
    "soma": {
        "leak": 0.03302, "na": 2757.0, "nap": 1.543, "kv3": 1092.0, "kt": 80.38, "kp": 2.208, "sk": 30.32, "cahva": 0.6431,
        "calva": 3.064, "h": 0.2001,
    },
    "axon": {"leak": 0.0325},
    "basal": {"leak": 0.03334, "h": 0.1984},
    "apical": {
        "leak": 0.0295, "na": 15.68, "kv3": 0.2131, "m": 0.04018, "sk": 0.6975, "cahva": 1.053, "calva": 32.14, "h": 0.3079,
    },
}  # fmt: skip
HOT_ZONE = (685.0 / 1300.5, 885.0 / 1300.5)  # of the longest apical way, 1300.5 µm in the cell of the source
OUTSIDE_HOT_ZONE = {"cahva": 0.1, "calva": 0.01}
CALCIUM = {
    "soma": (5.01e-4, 460.0),
    "apical": (5.09e-4, 122.0),
}  # share that is not bound at once, time of removal [ms]
SHELL = 0.1  # µm
