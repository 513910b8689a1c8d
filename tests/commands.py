"""Commands that refuse."""

from __future__ import annotations

from radiocore.cli import main


def refusal(capsys, words) -> str:
    """The one line of a refused command."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), lines
    return lines[0]
