"""Models of the mean received power and of line of sight in probability. One file a model."""
