"""Every error that radiocore raises on purpose, so that callers can catch one base class."""


class RadiocoreError(Exception):
    """Base of all errors raised by radiocore."""


class InputError(RadiocoreError, ValueError):
    """An argument, a file or a row cannot be used; the message names it and the remedy."""


class FileFormatError(InputError):
    """A file is not what its reader takes: wrong format, broken, or pointing elsewhere."""


class ConfigError(InputError):
    """A configuration key or value is unknown or unusable."""


class DeviceUnavailableError(RadiocoreError):
    """The requested device is not there, or this build cannot use it."""


class DeviceFailure(RadiocoreError):
    """A device was there and failed at work."""


class FitError(RadiocoreError):
    """A model could not be fitted to its data."""


class MissingExtraError(RadiocoreError, ImportError):
    """An optional dependency is not installed; the message says which extra holds it."""


def require(module: str, extra: str | None = None):
    """Import ``module`` or say how to install it.

    Raises
    ------
    MissingExtraError
        The module is absent. ``extra`` names the extra of radiocore that installs it; None
        means that it belongs to the base installation, which is then incomplete.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = "radiocore" if extra is None else f"radiocore[{extra}]"
        raise MissingExtraError(
            f"this needs the module {module!r}, which is not installed; install it with: pip install '{package}'"
        ) from error


def nearest_name(name: str, known) -> str:
    """`` (did you mean 'x'?)`` for the closest known name, or an empty string."""
    import difflib

    close = difflib.get_close_matches(str(name), [str(item) for item in known], n=1, cutoff=0.4)
    return f" (did you mean {close[0]!r}?)" if close else ""
