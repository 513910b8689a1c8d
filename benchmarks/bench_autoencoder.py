"""What an epoch of the autoencoder costs: steps of 50 images read from a file, on two threads of the processor.

Printed are seconds for 8,000 images, from the best step; ``decoder`` compares transposed convolutions, which it has,
with up-sampling before convolutions, at equal widths.
"""

from __future__ import annotations

import numpy as np
import pytest

import radiocore as rc
from radiocore.digital_twin import DigitalTwin, read_images
from rounds import in_rounds

torch = pytest.importorskip("torch")
vae = pytest.importorskip("radiocore.models.vae")

IMAGES, BATCH, EPOCH = 200, 50, 8000
THREADS = 2
SMALL_BATCH, SMALL_STEPS = 5, 40
"""After the timing, to see that it learns: the first few steps raise the loss."""
STEPS = {
    "4-16-16": {"widths": (4, 16, 16)},
    "8-16-32": {"widths": (8, 16, 32)},
    "16-32-64": {"widths": (16, 32, 64)},
    "8-16-32, bfloat16": {"widths": (8, 16, 32), "bfloat16": True},
    "8-16-32, up-sampling": {"widths": (8, 16, 32), "decoder": "up-sampling"},
}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file of images, read through a memory map."""
    twin = DigitalTwin(rc.Scene.synthetic("urban", side_m=1000, seed=1))
    west, south, east, north = twin.bounds_m
    user_m = np.random.default_rng(0).uniform((west, south), (east, north), (IMAGES, 2))
    path = tmp_path_factory.mktemp("images") / "images.npy"
    twin.write(path, ((west + east) / 2, (south + north) / 2), user_m, progress=False)
    return read_images(path)


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", STEPS)
def bench_training(benchmark, images, name):
    network = _network(**STEPS[name])
    bfloat16 = STEPS[name].get("bfloat16", False)
    optimizer = torch.optim.Adam(network.parameters())
    generator, chance = torch.Generator().manual_seed(0), np.random.default_rng(0)

    def step(number: int = BATCH) -> None:
        batch = vae.as_tensor(images[np.sort(chance.choice(IMAGES, number, replace=False))])
        optimizer.zero_grad()
        loss = vae.negative_elbo(network, batch, generator, bfloat16=bfloat16)
        loss.backward()
        optimizer.step()

    def loss_of_the_same() -> float:
        with torch.no_grad():
            batch = vae.as_tensor(images[:BATCH])
            return vae.negative_elbo(network, batch, torch.Generator().manual_seed(1), bfloat16=bfloat16).item()

    first = loss_of_the_same()
    in_rounds(benchmark, step)
    _tell(benchmark, "training the autoencoder", name, BATCH)
    for _ in range(SMALL_STEPS):
        step(SMALL_BATCH)
    assert loss_of_the_same() < first


def bench_encoding(benchmark, images):
    """What a trained encoder costs for each link of a map, its image aside."""
    model = vae.Autoencoder(epochs=1, batch=BATCH, threads=THREADS).fit(images[:BATCH], progress=False)
    features = in_rounds(benchmark, model.encode, images[:BATCH])
    _tell(benchmark, "encoding", "8-16-32", BATCH)
    np.testing.assert_array_equal(features[:3], model.encode(images[:3]))


def _network(widths, decoder: str = "transposed", **_):
    network = vae.build(widths, 2, seed=0)
    if decoder == "up-sampling":
        for place, layer in enumerate(network["decoder"]):
            if isinstance(layer, torch.nn.ConvTranspose2d):
                network["decoder"][place] = _up_sampling(layer)
            elif isinstance(layer, torch.nn.ModuleList):
                for number, bank in enumerate(layer):
                    layer[number] = _up_sampling(bank)
    return network.to(memory_format=torch.channels_last)


def _up_sampling(layer):
    channels, filters, side_px = layer.in_channels, layer.out_channels, layer.kernel_size[0]
    convolution = torch.nn.Conv2d(channels, filters, side_px, padding=side_px // 2)
    return torch.nn.Sequential(torch.nn.Upsample(scale_factor=2), convolution)


def _tell(benchmark, table: str, name: str, number: int) -> None:
    benchmark.group = table
    benchmark.extra_info.update(
        name=name, table=table, rival=False, threads=THREADS, work=number, unit="images", wrong=0
    )
    print(f"{table}, {name}: {benchmark.stats.stats.min / number * EPOCH:.0f} s for {EPOCH:,} images")
