"""Readers and writers. A new format is one new file here; contract tests pick it up."""
