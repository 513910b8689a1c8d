"""Oracles: slow, plain and independent. Nothing in this folder imports radiocore."""
