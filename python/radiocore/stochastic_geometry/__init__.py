"""Coverage by stochastic geometry: the full expression, its closed form, and databases of trained coefficients."""
