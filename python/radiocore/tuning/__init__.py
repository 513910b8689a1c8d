"""The search for settings of a model, on inner blocks that it has not seen. What the search knows of a model is its door."""
