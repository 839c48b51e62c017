"""What Hodgkin and Huxley measured on the squid giant axon: the rate constants of its gates.

Source: Hodgkin & Huxley (1952), J. Physiol. 117:500. Measurements: tables 1 (n) and 2 (m, h), 6.3 °C.
"""

import numpy as np

# depolarisation from rest [mV], alpha_n, beta_n [1/ms]
TABLE_1 = np.array([
    [109, 0.915, 0.037], [100, 0.886, 0.043], [88, 0.748, 0.052], [76, 0.610, 0.057], [63, 0.524, 0.064],
    [51, 0.419, 0.069], [38, 0.310, 0.075], [32, 0.241, 0.071], [26, 0.192, 0.072], [19, 0.150, 0.072],
    [10, 0.095, 0.096],
])  # fmt: skip

# depolarisation from rest [mV], alpha_m, beta_m, alpha_h, beta_h [1/ms]
TABLE_2 = np.array([
    [109, 7.0, 0.14, 0, 1.5], [100, 6.2, 0.02, 0, 1.5], [88, 5.15, -0.14, 0, 1.5], [76, 5.15, 0.13, 0, 1.19],
    [63, 3.82, 0.15, 0, 1.19], [51, 2.82, 0.33, 0, 0.94], [38, 2.03, 0.58, 0, 0.79], [32, 1.36, 0.56, 0, 0.75],
    [26, 0.95, 0.72, 0.02, 0.65], [19, 0.81, 1.69, 0.03, 0.40], [10, 0.66, 3.9, 0.05, 0.13], [6, 0.51, 4.5, 0.06, 0.09],
])  # fmt: skip

# by rate: depolarisation (sample,) [mV] and measured rate (sample,) [1/ms]
MEASURED: dict[str, tuple[np.ndarray, np.ndarray]] = {
    "alpha_n": (TABLE_1[:, 0], TABLE_1[:, 1]),
    "beta_n": (TABLE_1[:, 0], TABLE_1[:, 2]),
    "alpha_m": (TABLE_2[:, 0], TABLE_2[:, 1]),
    "beta_m": (TABLE_2[:, 0], TABLE_2[:, 2]),
    "alpha_h": (TABLE_2[:, 0], TABLE_2[:, 3]),
    "beta_h": (TABLE_2[:, 0], TABLE_2[:, 4]),
}
