"""The search for settings of a model, judged on blocks that it has not seen. Only its space names a model."""
