"""Learned coverage: the grid model of a receiver's surroundings, what is trained on it, and its files."""
