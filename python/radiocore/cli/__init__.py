"""The command line: ``radiocore simulate | inspect | demo | train | tune | predict | reproduce | doctor``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, or 2 with one line on stderr."""
    from ..errors import RadiocoreError

    # A terminated run unwinds like an interrupted one, so that its half-written files go too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    try:
        from .app import run_command

        code = run_command(sys.argv[1:] if arguments is None else arguments)
        if code == EXIT_INTERRUPTED:  # typer's own way to tell of Ctrl-C
            raise KeyboardInterrupt
        return code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except RadiocoreError as error:
        from .options import in_options

        return _refuse(in_options(str(error)))
    except ImportError as error:
        return _refuse(f"{error}: this installation is incomplete; install it again with: pip install radiocore")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _refuse(f"{where}{error.strerror or error}")
    except MemoryError:
        return _refuse("out of memory; take a smaller --bbox, a larger --resolution or fewer --threads")


def _refuse(message: str) -> int:
    red, plain = ("\033[31m", "\033[0m") if sys.stderr.isatty() else ("", "")
    line = " ".join(message.split())
    print(f"{red}error:{plain} {line}", file=sys.stderr)
    return EXIT_BAD_INPUT
