"""What this installation has, what it lacks, and how to get it."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import asdict, dataclass, field
from importlib import metadata

from . import _core

DISTRIBUTION = "radiocore"


@dataclass(frozen=True)
class Diagnosis:
    """The state of an installation.

    Attributes
    ----------
    versions : name -> version of Python, radiocore and its base dependencies; None where absent
    core : the compiled core's build information
    gpu : what the GPU can do here, or why nothing
    extras : extra -> its distributions that are absent
    remedies : what keeps the main job from running, each with its cure; empty when nothing does
    """

    versions: dict[str, str | None]
    platform: str
    cores: int
    memory_bytes: int | None
    core: dict[str, object]
    gpu: str
    extras: dict[str, tuple[str, ...]] = field(default_factory=dict)
    remedies: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the main job can run."""
        return not self.remedies

    def to_dict(self) -> dict:
        """Plain values, for JSON."""
        return asdict(self) | {"is_complete": self.is_complete}


def examine() -> Diagnosis:
    """Look at this installation; imports nothing heavy and changes nothing."""
    remedies = []
    base, extras = _requirements()
    if not base:
        remedies.append("radiocore is not installed as a package, so its dependencies are unknown: pip install .")
    versions = {"python": platform.python_version(), DISTRIBUTION: radiocore_version()}
    versions |= {name: _version(name) for name in base}
    absent = [name for name in base if versions[name] is None]
    if absent:
        remedies.append(f"base dependencies are missing ({', '.join(absent)}): pip install {' '.join(absent)}")
    return Diagnosis(
        versions=versions,
        platform=platform.platform(),
        cores=_core.available_threads(),
        memory_bytes=_memory_bytes(),
        core=dict(_core.build_info()),
        gpu=_describe_gpu(_core.device_report()),
        extras={extra: tuple(name for name in names if _version(name) is None) for extra, names in extras.items()},
        remedies=tuple(remedies),
    )


def radiocore_version() -> str:
    """Version of the compiled core, which is the package's."""
    return _core.build_info()["version"]


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _requirements() -> tuple[list[str], dict[str, list[str]]]:
    """Names of the base dependencies, and of each extra's own, from the package's metadata."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return [], {}
    base: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in lines:
        name = re.match(r"[\w.-]+", line)[0]
        extra = re.search(r"extra\s*==\s*['\"]([\w.-]+)['\"]", line)
        if name != DISTRIBUTION:
            (extras.setdefault(extra[1], []) if extra else base).append(name)
    return base, extras


def _describe_gpu(report: dict) -> str:
    if report["available"]:
        return f"{report['name']} is there; it computes where it is asked for by device='cuda'"
    return f"not usable: {report['reason']}"


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
