"""Fixtures that every test file may use."""

import json
from pathlib import Path

import pytest

from radiocore import cuda_available
from radiocore.cuda import open_kernels

NO_GPU = "no CUDA device that this build can use"
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data():
    """``shared_data("folder/file")``: a real data file beside the project; skips the test where it is absent."""

    def find(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.exists():
            pytest.skip(f"../shared/data/{name} is not there")
        return path

    return find


@pytest.fixture
def geojson(tmp_path):
    """Write features in UTM 32N to a GeoJSON file."""

    def write(*features, crs="EPSG:32632", name="town.geojson"):
        document = {"type": "FeatureCollection", "features": list(features)}
        if crs:
            document["crs"] = {"type": "name", "properties": {"name": crs}}
        path = tmp_path / name
        path.write_text(json.dumps(document))
        return path

    return write


@pytest.fixture
def osm(tmp_path):
    """Write an OSM file of closed ways (corners in 1e-4 degree) with tags, and further XML."""

    from building_files import tag_xml

    def write(ways, more=""):
        text, node = ["<osm version='0.6'>"], 0
        body = []
        for way, (corners, tags) in ways.items():
            refs = []
            for x, y in corners:
                node += 1
                text.append(f"<node id='{node}' version='1' lon='{10 + x * 1e-4:.7f}' lat='{50 + y * 1e-4:.7f}'/>")
                refs.append(node)
            refs.append(refs[0])
            nds = "".join(f"<nd ref='{ref}'/>" for ref in refs)
            body.append(f"<way id='{way}' version='1'>{nds}{tag_xml(tags)}</way>")
        path = tmp_path / "town.osm"
        path.write_text("".join([*text, *body, more, "</osm>"]))
        return path

    return write


@pytest.fixture(params=["host", "cuda"])
def kernels(request):
    """Opens kernels with given settings: of the GPU, or their bodies run by this processor."""
    if request.param == "cuda" and not cuda_available():
        pytest.skip(NO_GPU)

    def opened(**settings):
        return open_kernels(request.param, **settings)

    return opened


@pytest.fixture
def gpu():
    if not cuda_available():
        pytest.skip(NO_GPU)
