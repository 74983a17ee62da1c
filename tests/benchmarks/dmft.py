"""Two-time mean-field theory of quadratic students: the solver, a plain NumPy march and a JAX one.

All use exact tangents of the same number of paths. The peers carry every path's tangents from step to
step, memory paths x (T N)^2; they draw their fields by the same Cholesky factor, grown row by row. Random
numbers differ, so that all are compared with each other within their scatter.
"""

import numpy as np

from lazyrich.theory.lazy_to_rich.quadratic_dmft import solve
from tests.benchmarks.timing import interleaved

NU, ALPHA, EPS, RATE = 6.0, 1.0, 0.25, 0.2
START = np.array([0.3, -0.3])
STEPS, PATHS, REPEATS = 40, 400, 2
FLOORS = {"NumPy": 2.0, "JAX": 2.0}


def run(rounds: int) -> bool:
    def ours(tangents="exact"):
        return solve(
            sample_ratio=NU, output_scale=ALPHA, quadratic_strength=EPS, scaled_learning_rate=RATE,
            n_steps=STEPS, overlap=START, centered=False, n_paths=PATHS, n_repeats=REPEATS,
            tangents=tangents, rng=np.random.default_rng(0),
        ).train  # fmt: skip

    contenders = {
        "lazyrich, exact": ours,
        "lazyrich, hutchinson": lambda: ours("hutchinson"),
        "NumPy": lambda: np.mean([numpy_march(seed) for seed in range(REPEATS)], axis=0),
    }
    missing = []
    try:
        march = jax_march()
        contenders["JAX"] = lambda: np.mean([march(seed) for seed in range(REPEATS)], axis=0)
    except ImportError:
        missing.append("JAX")
    print(f"\nquadratic DMFT, {STEPS} steps, 2 units, {REPEATS} x {PATHS} paths, exact tangents")
    reference = ours()
    for name, contender in contenders.items():
        found = contender()
        deviation = np.abs(found - reference).max() / reference[0]
        assert deviation < 0.3, (name, deviation)  # the scatter of so few paths
    seconds = interleaved(contenders, rounds)
    for name, times in seconds.items():
        print(f"  {name:22}{times.min():8.3f} s")
    held = []
    for name, floor in FLOORS.items():
        if name in missing:
            print(f"  {name}: floor {floor:g}: unmeasured, not installed")
            continue
        ratio = float(np.median(seconds[name] / seconds["lazyrich, exact"]))
        held.append(ratio >= floor)
        verdict = "holds" if held[-1] else "DOES NOT HOLD"
        print(f"  {name} / lazyrich {ratio:.2f}; floor {floor:g}: {verdict}")
    return all(held)


class _Orders:
    """Order parameters and the Cholesky factor, grown row by row as every contender must."""

    def __init__(self):
        n = (STEPS + 1) * len(START)
        self.m, self.C, self.R, self.C_g = np.zeros(n), *(np.zeros((n, n)) for _ in range(3))
        self.m[:2], self.C[:2, :2] = START, np.eye(2)
        self.factor = np.zeros((n + 1, n + 1))
        self.factor[0, 0] = 1.0

    def factor_rows(self, t):
        """Rows of the factor that belong to step t."""
        for k in range(2 * t + 1, 2 * t + 3):
            row = np.concatenate([[self.m[k - 1]], self.C[k - 1, :k]])
            for j in range(k):
                past = row[j] - self.factor[k, :j] @ self.factor[j, :j]
                self.factor[k, j] = past / self.factor[j, j]
            left = row[k] - self.factor[k, :k] @ self.factor[k, :k]
            self.factor[k, k] = np.sqrt(max(left, 1e-8))
        return self.factor[2 * t + 1 : 2 * t + 3, : 2 * t + 3]

    def advance(self, t, B, b, row_of_C_g):
        gamma, n = RATE / (ALPHA * NU), 2 * (t + 1)
        now, new = slice(n - 2, n), slice(n, n + 2)
        self.C_g[now, :n], self.C_g[:n, now] = row_of_C_g, row_of_C_g.T
        self.m[new] = self.m[now] - gamma * (B @ self.m[:n] + b)
        self.R[new, :n] = self.R[now, :n] - gamma * B @ self.R[:n, :n]
        self.R[new, now] += np.eye(2)
        V = -gamma * NU * self.R[: n + 2, :n] @ self.C_g[:n, now]
        C = self.C
        C[new, :n] = C[now, :n] - gamma * (V[:n].T + B @ C[:n, :n] + np.outer(b, self.m[:n]))
        C[:n, new] = C[new, :n].T
        last = C[now, new] - gamma * (V[n:].T + B @ C[:n, new] + np.outer(b, self.m[new]))
        C[new, new] = (last + last.T) / 2


def numpy_march(seed):
    """Train loss of one solve; tangents dg(t)/du(s) of all paths are kept, (t, N, S, paths)."""
    rng, orders, gamma = np.random.default_rng(seed), _Orders(), RATE / (ALPHA * NU)
    z = rng.standard_normal((2 * STEPS + 3, PATHS))
    g, K = np.zeros((2 * STEPS, PATHS)), np.zeros((2 * STEPS, 2 * STEPS, PATHS))
    by_target, train = np.zeros((2 * STEPS, PATHS)), []
    for t in range(STEPS + 1):
        n, now = 2 * t, slice(2 * t, 2 * t + 2)
        response = orders.R[now, :n]
        h = orders.factor_rows(t) @ z[: n + 3] - gamma * response @ g[:n]
        error = ALPHA * (h + EPS / 2 * h**2).mean(axis=0) - z[0] ** 2 / 2
        train.append(np.mean(error**2))
        if t == STEPS:
            return np.array(train)
        slope = 1 + EPS * h
        J = ALPHA / 2 * slope[:, None] * slope + EPS * error * np.eye(2)[:, :, None]
        fed = (response @ K[:n, :n].reshape(n, n * PATHS)).reshape(2, n, PATHS)
        K[now, :n] = -gamma * np.einsum("ijp,jsp->isp", J, fed)
        K[now, now] = J
        fed = response @ by_target[:n]
        by_target[now] = -slope * z[0] - gamma * np.einsum("ijp,jp->ip", J, fed)
        g[now] = error * slope
        B, b = NU * K[now, : n + 2].mean(axis=2), NU * by_target[now].mean(axis=1)
        orders.advance(t, B, b, g[now] @ g[: n + 2].T / PATHS)
    raise AssertionError


def jax_march():
    """The same with the paths' part compiled by XLA; arrays of the full length, so that it compiles once."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    gamma = RATE / (ALPHA * NU)

    @jax.jit
    def step(t, rows, response, z, g, K, by_target):
        h = rows @ z - gamma * response @ g
        error = ALPHA * (h + EPS / 2 * h**2).mean(axis=0) - z[0] ** 2 / 2
        slope = 1 + EPS * h
        J = ALPHA / 2 * slope[:, None] * slope + EPS * error * jnp.eye(2)[:, :, None]
        fed = jnp.tensordot(response, K, axes=1)
        fed = -gamma * jnp.einsum("ijp,jsp->isp", J, fed)
        fed = jax.lax.dynamic_update_slice(fed, J, (0, 2 * t, 0))
        K = jax.lax.dynamic_update_slice(K, fed, (2 * t, 0, 0))
        kick = -slope * z[0] - gamma * jnp.einsum("ijp,jp->ip", J, response @ by_target)
        by_target = jax.lax.dynamic_update_slice(by_target, kick, (2 * t, 0))
        new = error * slope
        g = jax.lax.dynamic_update_slice(g, new, (2 * t, 0))
        means = fed.mean(axis=2), kick.mean(axis=1), new @ g.T / PATHS, (error**2).mean()
        return g, K, by_target, means

    def march(seed):
        orders, length = _Orders(), 2 * STEPS
        z = jnp.asarray(np.random.default_rng(seed).standard_normal((length + 3, PATHS)))
        g, K = jnp.zeros((length, PATHS)), jnp.zeros((length, length, PATHS))
        by_target, train = jnp.zeros((length, PATHS)), []
        for t in range(STEPS + 1):
            n, now = 2 * t, slice(2 * t, 2 * t + 2)
            rows = np.zeros((2, length + 3))
            rows[:, : n + 3] = orders.factor_rows(t)
            if t == STEPS:
                h = rows @ np.asarray(z) - gamma * orders.R[now, :length] @ np.asarray(g)
                error = ALPHA * (h + EPS / 2 * h**2).mean(axis=0) - np.asarray(z[0]) ** 2 / 2
                return np.array([*train, np.mean(error**2)])
            g, K, by_target, (B, b, C_g, loss) = step(
                t, rows, orders.R[now, :length], z, g, K, by_target
            )
            train.append(float(loss))
            B, C_g = np.asarray(B)[:, : n + 2], np.asarray(C_g)[:, : n + 2]
            orders.advance(t, NU * B, NU * np.asarray(b), C_g)
        raise AssertionError

    return march
