"""The coordinate reference systems that files state, and those that users give."""

from __future__ import annotations

from ..errors import FileFormatError, InputError


def agreed_crs(in_file, given, path):
    """The file's own CRS, or the given one where the file has none; None where there is neither.

    Raises
    ------
    FileFormatError
        The file's is none, or both are there and differ.
    InputError
        The given one is none.
    """
    given = None if given is None else crs_from(given)
    if in_file is None:
        return given
    try:
        own = crs_from(in_file)
    except InputError as error:
        raise FileFormatError(f"{path}: its {error}") from None
    if given is not None and not _agree(own, given):
        raise FileFormatError(f"{path}: is in {own.name}, but {given.name} was given; leave crs= out")
    return own


def _agree(own, given) -> bool:
    """Whether two CRS are one: by definition, or by EPSG code where a .prj spells it in another way."""
    code = own.to_epsg(70)
    return own.equals(given, ignore_axis_order=True) or (code is not None and code == given.to_epsg(70))


def crs_from(value):
    """A pyproj CRS from anything pyproj takes, or an InputError."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(value)
    except CRSError as error:
        raise InputError(f"crs: {value!r} is no coordinate reference system ({error})") from None
