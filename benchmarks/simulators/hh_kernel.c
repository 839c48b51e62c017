/* The squid axon by hand: the limit against which a general simulator is held.
 *
 * The scheme of jaxneuro's default solver (gates and voltage staggered, trapezoidal decay) with the equations written
 * out, in float32, a polynomial exponential that the compiler vectorises, cells in blocks that stay in the first cache,
 * and one thread per core over the blocks.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 256

/* exp(x) for |x| < 80 to 2e-7: x = n ln 2 + r, and a polynomial in r (Taylor's, to the sixth power). */
static inline float exponential(float x) {
    x = fminf(fmaxf(x, -80.0f), 80.0f);
    float n = rintf(x * 1.44269504f);
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.0f + r * (1.0f + r * (0.5f + r * (1.6666667e-1f + r * (4.1666667e-2f + r * (8.3333333e-3f + r * 1.3888889e-3f)))));
    union {
        int32_t bits;
        float value;
    } power = {.bits = ((int32_t)n + 127) << 23};
    return p * power.value;
}

/* x / (1 - exp(-x)), with its limit where both vanish. */
static inline float linoid(float x) {
    float safe = fabsf(x) < 1e-3f ? 1.0f : x;
    float away = safe / (1.0f - exponential(-safe));
    return fabsf(x) < 1e-3f ? 1.0f + 0.5f * x : away;
}

/* A gate after dt, from its opening and closing rates. */
static inline float relax(float x, float alpha, float beta, float dt) {
    float half = 0.5f * dt * (alpha + beta);
    float factor = fmaxf((1.0f - half) / (1.0f + half), 0.0f);
    float steady = alpha / (alpha + beta);
    return steady + (x - steady) * factor;
}

static inline void gates(float v, float *m, float *h, float *n, float dt) {
    *m = relax(*m, linoid((v + 40.0f) * 0.1f), 4.0f * exponential((v + 65.0f) * (-1.0f / 18.0f)), dt);
    *h = relax(*h, 0.07f * exponential((v + 65.0f) * -0.05f), 1.0f / (1.0f + exponential((v + 35.0f) * -0.1f)), dt);
    *n = relax(*n, 0.1f * linoid((v + 55.0f) * 0.1f), 0.125f * exponential((v + 65.0f) * (-1.0f / 80.0f)), dt);
}

/* Advance `cells` cells by `steps` steps. If `record` is not null, it takes the voltage after each step, (step, cell). */
void simulate(int cells, int steps, int onset, float dt, float amplitude, float leak, const float *g_na, float *v_out,
              float *record) {
#pragma omp parallel for schedule(static)
    for (int first = 0; first < cells; first += BLOCK) {
        int count = cells - first < BLOCK ? cells - first : BLOCK;
        int padded = (count + 15) & ~15; /* whole vectors */
        float v[BLOCK], m[BLOCK], h[BLOCK], n[BLOCK], g[BLOCK];
        for (int i = 0; i < BLOCK; i++) {
            v[i] = -65.0f, m[i] = h[i] = n[i] = 0.0f;
            g[i] = i < count ? g_na[first + i] : 120.0f;
            gates(v[i], &m[i], &h[i], &n[i], 1e9f); /* the steady state */
        }
        for (int step = 0; step < steps; step++) {
            float current = step >= onset ? amplitude : 0.0f;
#pragma omp simd
            for (int i = 0; i < padded; i++) {
                float sodium = g[i] * m[i] * m[i] * m[i] * h[i];
                float n2 = n[i] * n[i], potassium = 36.0f * n2 * n2;
                float total = sodium + potassium + 0.3f;
                float inward = current - sodium * (v[i] - 50.0f) - potassium * (v[i] + 77.0f) - 0.3f * (v[i] - leak);
                v[i] += dt * inward / fmaxf(1.0f + 0.5f * dt * total, dt * total);
                gates(v[i], &m[i], &h[i], &n[i], dt);
            }
            if (record) memcpy(record + (size_t)step * cells + first, v, count * sizeof(float));
        }
        memcpy(v_out + first, v, count * sizeof(float));
    }
}
