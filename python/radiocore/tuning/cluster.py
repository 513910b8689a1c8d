"""Ray, started for one search on this machine alone, or joined where it runs."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import InputError, RadiocoreError, require

LOOPBACK = "127.0.0.1"
PATIENCE_S = 10.0
"""So long is waited for a cluster to answer."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",  # the other one prints a table whatever it is told
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C ends the command, not only the search
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # the trials keep their own files
}
ON_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Without it Ray takes 127.0.0.1 for this machine's address in the network, and listens on all of its interfaces. Ray
reads it when it is first imported."""

SHOW_TOKEN = "set RAY_AUTH_MODE=token in the environment, on a machine that has the token of the cluster"
REMEDY = "start one with 'ray start --head' and give its HOST:PORT, or leave address out to use this machine"


@contextmanager
def ray_at(address: str | None, processors: int) -> Iterator[None]:
    """Inside, Ray is up: at an address, or of its own on the loopback of this machine, without a dashboard.

    A Ray that the caller has started is taken as it is, and left running.

    Raises
    ------
    InputError
        No cluster answers at the address, or it does not take us.
    MissingExtraError
        Ray is not installed.
    """
    with _environment(QUIET if address else QUIET | ON_LOOPBACK):
        ray = require("ray", "tune")
        require("ray.tune", "tune")
        if ray.is_initialized():
            yield
            return
        options = {"log_to_driver": False, "logging_level": logging.CRITICAL, "include_dashboard": False}
        if address:
            check_cluster(address)
            del options["include_dashboard"]
            _initialised(ray, address, **options)
            try:
                yield
            finally:
                ray.shutdown()
            return
        # In the folder that Ray would take, sessions of all users would pile up.
        with tempfile.TemporaryDirectory(prefix="rc-", ignore_cleanup_errors=True) as folder:
            own = {"_node_ip_address": LOOPBACK, "num_cpus": processors, "_temp_dir": folder}
            _initialised(ray, None, **own, **options)
            try:
                if ray.nodes()[0]["NodeManagerAddress"] != LOOPBACK:
                    raise RadiocoreError(
                        "ray: it was imported before radiocore could bind it to the loopback; set "
                        f"{next(iter(ON_LOOPBACK))}=0 in the environment, or call ray.init yourself"
                    )
                yield
            finally:
                ray.shutdown()


def _initialised(ray, address: str | None, **options) -> None:
    try:
        ray.init(address=address or "local", **options)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        ray.shutdown()
        raise unusable(address, error) from error


def unusable(address: str | None, error: Exception) -> InputError:
    """Why Ray at an address, or of this machine, could not be used or could not go on."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return InputError(f"address: Ray at {address or 'this machine'} cannot be used: {reason}; {REMEDY}")


def check_cluster(address: str) -> None:
    """Refuse an address at which no cluster answers, which Ray itself would find out after a minute, by an abort."""
    host, colon, port = address.rpartition(":")
    if not (colon and host and "/" not in host and port.isdecimal() and 0 < int(port) < 65536):
        raise InputError(f"address: {address!r}; give HOST:PORT of the head of a Ray cluster, as 10.0.0.1:6379")
    try:
        socket.create_connection((host, int(port)), PATIENCE_S).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"address: no Ray cluster answers at {address}: {reason}; {REMEDY}") from None
    # In a process of its own: what is no Ray cluster may end the one that asks.
    check = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    try:
        asked = subprocess.run(check, capture_output=True, text=True, timeout=2 * PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise InputError(f"address: what answers at {address} is no Ray cluster, or is not well; {REMEDY}") from None
    if asked.returncode:
        reason = (asked.stderr.strip() or "it does not say why").splitlines()[-1]
        # Ray itself shows a token to no address that it is given, unless it is told to.
        remedy = SHOW_TOKEN if "Authentication" in reason and "RAY_AUTH_MODE" not in os.environ else REMEDY
        raise InputError(
            f"address: the Ray cluster at {address} does not take us: {reason.partition('. ')[0]}; {remedy}"
        )


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Inside, these variables are set, but for those that the user has set."""
    new = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            del os.environ[name]
