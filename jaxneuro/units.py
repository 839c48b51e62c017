"""The one unit system, and the physical constants with their sources.

Time ms, voltage mV, length µm, area µm², capacitance µF/cm², conductance density mS/cm², current density µA/cm²,
point current nA, synaptic conductance µS, concentration mM, temperature °C.
"""

FARADAY = 96485.33212  # C/mol, exact (SI 2019, CODATA 2018)
GAS = 8.314462618  # J/(mol K), exact (SI 2019, CODATA 2018)
AVOGADRO = 6.02214076e23  # 1/mol, exact (SI 2019)
ELEMENTARY_CHARGE = 1.602176634e-19  # C, exact (SI 2019)
ZERO_CELSIUS = 273.15  # K, definition of the degree Celsius

NANOAMPERE_PER_SQUARE_MICROMETRE = 1e5  # µA/cm² in one nA/µm²: (1e-3 µA) / (1e-8 cm²)
