"""Evaluations of papers, made anew as reports: a folder a paper, and what they share. One file a figure."""
