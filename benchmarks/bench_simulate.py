"""The whole simulation, a million receivers by 80 stations, each in its own process: time and peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ALLOWED_BYTES = 300e6  # above the inputs
SETTINGS = {"exact": [], "accelerated": ["100"]}  # draws
PROGRAM = Path(__file__).parent / "whole_simulation.py"


@pytest.mark.parametrize("method", SETTINGS)
def bench_simulate_manifold(benchmark, method):
    benchmark.group = "simulate_manifold, 1,000,000 receivers x 80 stations, all cores"
    measured = {}

    def run():
        program = [sys.executable, str(PROGRAM), method, *SETTINGS[method]]
        out = subprocess.run(program, capture_output=True, text=True)
        assert out.returncode == 0, out.stderr
        measured.update(json.loads(out.stdout.splitlines()[-1]))

    benchmark.pedantic(run, rounds=1)
    benchmark.extra_info.update(measured, method=method)
    took_s = measured["took_s"]
    print(f"\n{method}: {took_s:.2f} s, at its peak {measured['above_inputs_bytes'] / 1e6:.0f} MB above the inputs")
    if "kernels_s" in measured:
        kernels_s = measured["kernels_s"]
        parts = ", ".join(f"{name} {value:.2f}" for name, value in kernels_s.items())
        total_s = sum(kernels_s.values())
        print(f"  its kernels one by one: {total_s:.2f} s ({parts}); the whole is {took_s / total_s:.2f} times that")
        mitsuba_s = measured["mitsuba_s"]
        print(f"  Mitsuba, line of sight alone: {f'{mitsuba_s:.2f} s' if mitsuba_s else 'not installed, or no LLVM'}")
    assert 0.0 < measured["mean_coverage"] < 1.0
    assert measured["above_inputs_bytes"] < ALLOWED_BYTES
