"""Autoencoder of images: shapes and loss as the paper's, equal bytes, streaming, resuming, files, and refused input."""

import json
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from radiocore import DeviceUnavailableError, FileFormatError, FitError, InputError, Scene, digital_twin
from radiocore.digital_twin import DigitalTwin, read_images, scaled, style

torch = pytest.importorskip("torch")
vae = pytest.importorskip("radiocore.models.vae")
Autoencoder = vae.Autoencoder

TINY = {"widths": (2, 4, 2), "epochs": 2, "batch": 4, "threads": 1}
BLOCK = 4


@pytest.fixture(scope="module")
def site():
    scene = Scene.synthetic("urban", side_m=400, seed=3)
    west, south, east, north = scene.receiver_bounds_m
    user_m = np.random.default_rng(1).uniform((west, south), (east, north), (70, 2))
    return DigitalTwin(scene), np.array([[west + east, south + north]]) / 2, user_m


@pytest.fixture(scope="module")
def images(site):
    twin, station_m, user_m = site
    return twin.draw(station_m, user_m[:10])


@pytest.fixture(scope="module")
def fitted(images):
    return Autoencoder(**TINY).fit(images, progress=False)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(vae, "BLOCK", BLOCK)
    monkeypatch.setattr(digital_twin, "BLOCK", BLOCK)


def arrays_of(model):
    return model.state()[1]


def assert_same_bytes(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert array.tobytes() == other[name].tobytes(), name


# --- the network ---


def shapes_through(layers, values):
    out = []
    for layer in layers:
        values = layer(values)
        out.append(tuple(values.shape[1:]))
    return out


def test_encoder_is_of_the_papers_shape():
    network = vae.build((8, 16, 32), 2, seed=0)
    banks = network["encoder"][0]
    assert [tuple(bank.weight.shape) for bank in banks] == [(8, 3, 3, 3), (8, 3, 5, 5), (8, 3, 7, 7)]
    shapes = shapes_through(network["encoder"], torch.zeros(1, 3, 256, 256))
    kinds = [type(layer).__name__ for layer in network["encoder"]]
    seen = dict(zip(kinds, shapes, strict=True))  # the last of a kind
    assert shapes[0] == (24, 128, 128)
    assert shapes[2:4] == [(16, 128, 128), (16, 64, 64)]
    assert shapes[5:7] == [(32, 64, 64), (32, 32, 32)]
    assert seen["Flatten"] == (32 * 32 * 32,) and seen["Linear"] == (64,)
    assert network["encoder"][kinds.index("Dropout")].p == 0.25
    assert kinds.index("Flatten") + 1 == kinds.index("Dropout") == kinds.index("Linear") - 1
    assert network["mean"].out_features == network["log_variance"].out_features == 2


def test_decoder_is_the_inverse():
    network = vae.build((8, 16, 32), 2, seed=0)
    shapes = shapes_through(network["decoder"], torch.zeros(1, 2))
    assert list(dict.fromkeys(shapes)) == [
        (64,), (32768,), (32, 32, 32), (16, 64, 64), (24, 128, 128), (3, 256, 256)
    ]  # fmt: skip
    assert [bank.kernel_size for bank in network["decoder"][-2]] == [(3, 3), (5, 5), (7, 7)]


@pytest.mark.parametrize(("widths", "latent"), [((4, 16, 16), 8), ((16, 32, 64), 2), ((1, 1, 1), 1)])
def test_other_widths_and_latents(widths, latent):
    network = vae.build(widths, latent, seed=0).eval()
    mean, log_variance = vae.encode(network, torch.zeros(1, 3, 256, 256))
    assert mean.shape == log_variance.shape == (1, latent)
    assert network["decoder"](mean).shape == (1, 3, 256, 256)


def test_first_weights_are_the_seeds():
    first, same, other = (vae.build((1, 2, 1), 2, seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


# --- the loss ---


def test_divergence_against_integration():
    """KL of one normal distribution from another is the integral of p ln(p / q)."""
    mean, log_variance = 0.7, -0.4
    deviation = np.exp(log_variance / 2)
    x = np.linspace(-12, 12, 200_001)
    p = np.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi))
    integral = np.sum(p * ((x**2) / 2 - ((x - mean) / deviation) ** 2 / 2 - log_variance / 2)) * (x[1] - x[0])
    given = [torch.tensor([[value]], dtype=torch.float64) for value in (mean, log_variance)]
    assert vae.divergence(*given).item() == pytest.approx(integral, rel=1e-9)
    assert vae.divergence(torch.zeros(3, 2), torch.zeros(3, 2)).item() == 0.0


@pytest.mark.parametrize("beta", [0.0, 1.0, 50.0])
def test_loss_equals_the_formula(images, beta):
    network = vae.build((1, 1, 1), 2, seed=0).eval()
    batch = images[:3]
    with torch.no_grad():
        value = vae.negative_elbo(network, vae.as_tensor(batch), torch.Generator().manual_seed(5), beta).item()
        x = torch.from_numpy(scaled(batch)).permute(0, 3, 1, 2)
        mean, log_variance = (part.numpy().astype(float) for part in vae.encode(network, x))
        noise = torch.randn(3, 2, generator=torch.Generator().manual_seed(5)).numpy()
        z = mean + noise * np.exp(log_variance / 2)
        y = network["decoder"](torch.from_numpy(z.astype(np.float32))).numpy().astype(float)
    squared_error = ((y - x.numpy()) ** 2).reshape(3, 196_608).sum(axis=1)
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1)
    assert value == pytest.approx((squared_error + beta * kl).mean(), rel=1e-5)


def test_tensor_equals_scaled(images):
    tensor = vae.as_tensor(images[:2])
    assert tensor.dtype == torch.float32
    np.testing.assert_array_equal(tensor.permute(0, 2, 3, 1).numpy(), scaled(images[:2]))


# --- training ---


def test_loss_falls(fitted):
    for losses in (fitted.history.loss, fitted.history.validation_loss):
        assert losses[1] < losses[0]


@pytest.mark.slow
def test_learns_more_than_the_mean_image():
    """Two kinds of images, light and dark: the mean image is grey, and one number tells them apart."""
    light = np.arange(32) % 2 == 0
    images = np.where(light[:, None, None, None], np.uint8(230), np.uint8(25)) * np.ones((1, 256, 256, 3), np.uint8)
    model = Autoencoder(widths=(2, 4, 4), latent=1, epochs=60, batch=2, threads=1).fit(images, progress=False)
    of_mean_image = 196_608 * float(scaled(np.uint8(230))) ** 2
    assert min(model.history.validation_loss) < 0.1 * of_mean_image
    z = model.encode(images)[:, 0]
    assert max(z[light]) < min(z[~light]) or min(z[light]) > max(z[~light])
    again = model.reconstruct(images[:2])
    assert again[0].mean() > 150 > 100 > again[1].mean()


def test_same_seed_same_weights(images, fitted):
    """And one that was fitted to others before starts anew."""
    again = Autoencoder(**TINY).fit(images[5:], progress=False).fit(images, progress=False)
    assert_same_bytes(arrays_of(fitted), arrays_of(again))
    assert again.history == fitted.history
    other = Autoencoder(**TINY | {"epochs": 1}, seed=1).fit(images, progress=False)
    assert other.history.loss[0] != fitted.history.loss[0]


def test_bfloat16_is_near(images):
    network, batch = vae.build((1, 1, 1), 2, seed=0).eval(), vae.as_tensor(images[:2])
    single, half = (
        vae.negative_elbo(network, batch, torch.Generator().manual_seed(0), bfloat16=bfloat16)
        for bfloat16 in (False, True)
    )
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(single.item(), rel=0.01)
    half.backward()
    assert all(torch.isfinite(weight.grad).all() for weight in network.parameters())


def test_resumed_after_a_kill(images, fitted, tmp_path, monkeypatch):
    """Killed in its second epoch, it goes on after the first, to the bytes of a run that was never stopped."""
    files = {"checkpoint": tmp_path / "run.safetensors", "log": tmp_path / "log.jsonl"}
    calls = []

    def killed(*arguments):
        calls.append(arguments)
        if len(calls) == 5:  # two batches and one of validation an epoch
            raise KeyboardInterrupt
        return negative_elbo(*arguments)

    negative_elbo = vae.negative_elbo
    model = Autoencoder(**TINY)
    model.files = files
    with monkeypatch.context() as patch:
        patch.setattr(vae, "negative_elbo", killed)
        with pytest.raises(KeyboardInterrupt):
            model.fit(images, progress=False)
    assert not model.is_fitted and files["checkpoint"].exists()
    model.fit(images, progress=False)
    assert_same_bytes(arrays_of(fitted), arrays_of(model))
    assert [json.loads(line)["epoch"] for line in files["log"].read_text().splitlines()] == [1, 2]

    other = Autoencoder(**TINY)
    other.files = files
    with pytest.raises(FileFormatError, match="another run"):
        other.fit(images[::-1], progress=False)


# --- features ---


def test_company_decides_nothing(images, fitted, small_blocks):
    """Each image has the same bytes in any order, block, and on any number of threads."""
    z = fitted.encode(images)
    assert z.shape == (10, 2) and z.dtype == np.float32
    assert np.isfinite(z).all() and (z.std(axis=0) > 0).all()
    np.testing.assert_array_equal(fitted.encode(images[::-1]), z[::-1])
    np.testing.assert_array_equal(fitted.encode(images[5:6]), z[5:6])
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            np.testing.assert_array_equal(fitted.encode(images), z)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_columns_equal_the_images(site, images, fitted, small_blocks):
    twin, station_m, user_m = site
    columns = fitted.columns(twin, station_m, user_m[:10])
    assert tuple(columns) == ("z1", "z2") == fitted.column_names
    np.testing.assert_array_equal(np.column_stack(list(columns.values())), fitted.encode(images).astype(float))


def test_drawing_and_encoding_is_told(site, fitted, small_blocks, monkeypatch):
    done = []

    @contextmanager
    def bar(total, description, enabled, unit):
        done.append((total, description, enabled))
        yield done.append

    monkeypatch.setattr(digital_twin, "progress_bar", bar)
    twin, station_m, user_m = site
    fitted.columns(twin, station_m, user_m[:10], progress=True)
    assert done[0] == (10, "drawing and encoding", True) and sum(done[1:]) == 10 and len(done) > 2


def test_columns_name_the_row_outside(site, fitted):
    twin, station_m, user_m = site
    far_m = user_m.copy()
    far_m[66] = 1e6
    with pytest.raises(InputError, match="user_m: row 66"):
        fitted.columns(twin, station_m, far_m)


# --- streaming ---


class Counted(np.memmap):
    """A memory map that knows how many images were ever asked for at once."""

    most = 0

    def __getitem__(self, item):
        got = super().__getitem__(item)
        if getattr(got, "ndim", 0) == 4:
            Counted.most = max(Counted.most, len(got))
        return got

    def __array__(self, *arguments, **more):
        if self.ndim == 4:
            Counted.most = max(Counted.most, len(self))
        return super().__array__(*arguments, **more)


def test_a_file_is_never_loaded_whole(site, images, fitted, small_blocks, tmp_path):
    twin, station_m, user_m = site
    path = tmp_path / "images.npy"
    twin.write(path, station_m, user_m[:10], progress=False)
    counted = read_images(path).view(Counted)
    model = Autoencoder(**TINY).fit(counted, progress=False)
    z = model.encode(counted)
    assert Counted.most == BLOCK == TINY["batch"]
    assert_same_bytes(arrays_of(model), arrays_of(fitted))
    np.testing.assert_array_equal(z, fitted.encode(path))


# --- state ---


def test_state_makes_an_equal_one(images, fitted):
    config, arrays = fitted.state()
    assert all(array.dtype == np.float32 and array.flags.c_contiguous for array in arrays.values())
    settings = json.loads(json.dumps(fitted.settings))
    again = Autoencoder(**settings).restore(json.loads(json.dumps(config)), arrays)
    assert again.settings == fitted.settings and again.history == fitted.history
    assert_same_bytes(arrays, arrays_of(again))
    np.testing.assert_array_equal(again.encode(images), fitted.encode(images))
    np.testing.assert_array_equal(again.reconstruct(images[:2]), fitted.reconstruct(images[:2]))


def test_refuses_arrays_of_others(fitted):
    config, arrays = fitted.state()
    name = next(iter(arrays))
    for wrong in (
        {**arrays, name: arrays[name][:, :1]},
        {**arrays, name: arrays[name].astype(float)},
        {key: array for key, array in arrays.items() if key != name},
    ):
        with pytest.raises(InputError, match="give the files of one model"):
            Autoencoder(**TINY).restore(config, wrong)
    with pytest.raises(InputError, match="give the files of one model"):
        replace(fitted, latent=3).restore(config, arrays)


def test_refuses_images_of_another_style(fitted, monkeypatch):
    config, arrays = fitted.state()
    monkeypatch.setattr(style, "BUILDING", (0, 0, 0))
    with pytest.raises(InputError, match="another style"):
        Autoencoder(**TINY).restore(config, arrays)


# --- refused input ---


@pytest.mark.parametrize(
    "wrong",
    [
        lambda images: images[0],
        lambda images: images[:0],
        lambda images: images[:, :128],
        lambda images: images[..., :1],
        lambda images: images.astype(np.float32),
        lambda images: np.full(images[:3].shape, np.nan),
        lambda images: list(images[:3]),
        lambda images: None,
    ],
    ids=["one", "empty", "half", "grey", "float", "nan", "list", "none"],
)
def test_refuses_what_is_no_images(images, fitted, wrong):
    for use in (Autoencoder(**TINY).fit, fitted.encode, fitted.reconstruct):
        with pytest.raises(InputError, match="images: "):
            use(wrong(images))


def test_refuses_equal_images(images):
    with pytest.raises(InputError, match="all 5 are equal"):
        Autoencoder(**TINY).fit(images[[0] * 5])
    with pytest.raises(InputError, match="two or more"):
        Autoencoder(**TINY).fit(images[:1])


def test_refuses_a_file_of_something_else(fitted, tmp_path):
    np.save(tmp_path / "numbers.npy", np.zeros(3))
    with pytest.raises(FileFormatError, match="no images"):
        fitted.encode(tmp_path / "numbers.npy")


def test_wants_to_be_fitted(images):
    for use in (Autoencoder().encode, Autoencoder().reconstruct, lambda images: Autoencoder().state()):
        with pytest.raises(FitError, match="not fitted"):
            use(images)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("widths", (8, 16)),
        ("widths", (8, 16, 0)),
        ("latent", 0),
        ("latent", 2.0),
        ("beta", -1.0),
        ("beta", float("nan")),
        ("epochs", 0),
        ("batch", 0),
        ("seed", -1),
    ],
)
def test_refuses_settings(name, value):
    with pytest.raises(InputError, match=name):
        Autoencoder(**{name: value})


def test_refuses_devices(images):
    with pytest.raises(InputError, match="device"):
        Autoencoder(**TINY, device="tpu").fit(images)
    if not torch.cuda.is_available():
        with pytest.raises(DeviceUnavailableError, match="CUDA"):
            Autoencoder(**TINY, device="cuda").fit(images)


def test_on_the_gpu_the_same_weights_again(images, fitted):
    if not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device")
    first, again = (Autoencoder(**TINY, device="cuda").fit(images, progress=False) for _ in range(2))
    assert_same_bytes(arrays_of(first), arrays_of(again))
    assert first.history.validation_loss[-1] == pytest.approx(fitted.history.validation_loss[-1], rel=0.02)
