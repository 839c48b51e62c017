TITLE Sodium, potassium and leak of the cells of COBAHH, after Traub and Miles

NEURON {
    SUFFIX traub
    NONSPECIFIC_CURRENT i
    RANGE gna, gk, gl
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}

PARAMETER {
    gna = 0.1 (S/cm2)
    gk = 0.03 (S/cm2)
    gl = 0.00005 (S/cm2)
}

ASSIGNED {
    v (mV)
    i (mA/cm2)
}

STATE { m h n }

BREAKPOINT {
    SOLVE states METHOD cnexp
    i = gna * m * m * m * h * (v - 50) + gk * n * n * n * n * (v + 90) + gl * (v + 60)
}

INITIAL {
    m = am(-60) / (am(-60) + bm(-60))
    h = ah(-60) / (ah(-60) + bh(-60))
    n = an(-60) / (an(-60) + bn(-60))
}

DERIVATIVE states {
    m' = am(v) * (1 - m) - bm(v) * m
    h' = ah(v) * (1 - h) - bh(v) * h
    n' = an(v) * (1 - n) - bn(v) * n
}

FUNCTION linoid(x) {
    if (fabs(x) < 1e-6) {
        linoid = 1 + x / 2
    } else {
        linoid = x / (1 - exp(-x))
    }
}

FUNCTION am(v) { am = 1.28 * linoid((v + 50) / 4) }
FUNCTION bm(v) { bm = 1.4 * linoid(-(v + 23) / 5) }
FUNCTION ah(v) { ah = 0.128 * exp(-(v + 46) / 18) }
FUNCTION bh(v) { bh = 4 / (1 + exp(-(v + 23) / 5)) }
FUNCTION an(v) { an = 0.16 * linoid((v + 48) / 5) }
FUNCTION bn(v) { bn = 0.5 * exp(-(v + 53) / 40) }
