"""Numerical tools that know no physics.

Importing this package sets JAX to double precision, which everything in `nushine` relies on.
"""

import jax

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
