import numpy as np

from nushine.numerics.polyline import hat_means, knots_within


def test_kept_knots_keep_all_points_within_the_tolerance() -> None:
    x = np.sort(np.random.default_rng(1).uniform(0.0, 5.0, 4000))
    y = np.exp(-x) * (2 + np.sin(7 * x))
    kept = knots_within(x, y, 1e-3, 1000)
    assert kept is not None
    assert 50 < kept.size < 400
    assert np.max(np.abs(np.interp(x, x[kept], y[kept]) / y - 1)) <= 1e-3
    assert knots_within(x, y, 1e-3, kept.size - 1) is None


def test_corners_and_steps_are_kept() -> None:
    x = np.array([0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 5.0])
    y = np.array([1.0, 1.0, 1.0, 3.0, 2.0, 1.0, 5.0])
    np.testing.assert_array_equal(knots_within(x, y, 1e-9, 10), [0, 2, 3, 5, 6])


def test_hat_means_by_hand() -> None:
    # f = 6 below 1 and 0 above, on nodes 0, 2, 4: the hat at 0 is 1 - x/2, that at 2 is x/2 and 2 - x/2
    x, y = np.array([0.0, 1.0, 1.0, 4.0]), np.array([6.0, 6.0, 0.0, 0.0])
    values = hat_means(x, y, np.array([0.0, 2.0, 4.0]))
    np.testing.assert_allclose(values, [6 * 0.75, 6 * 0.25 / 2, 0.0], rtol=1e-14)
    # straight lines stay in the inside, and so does every integral
    nodes = np.linspace(0.0, 4.0, 9)
    np.testing.assert_allclose(hat_means(x[[0, 3]], np.array([1.0, 9.0]), nodes)[1:-1], 1 + 2 * nodes[1:-1], rtol=1e-14)
    rough = np.random.default_rng(2).uniform(0.0, 1.0, 101)
    fine = np.linspace(0.0, 4.0, 101)
    means = hat_means(fine, rough, nodes)
    np.testing.assert_allclose(np.sum(means[1:] + means[:-1]) * 0.25, np.sum(rough[1:] + rough[:-1]) * 0.02, rtol=1e-13)
