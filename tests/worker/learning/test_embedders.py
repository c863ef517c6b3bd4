"""The embedders a machine has when no hub answers: names, weights, orientation, batches."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
import ultralytics
from huggingface_hub import constants
from PIL import Image
from timm.data.config import resolve_model_data_config
from timm.data.transforms_factory import create_transform

from domain.errors import InvalidInput
from worker.embedders import load_embedder
from worker.embedders.hub import hub_answers
from worker.embedders.offline import offline_model
from worker.embedders.pictures import open_oriented

BUS = Path(ultralytics.__file__).parent / "assets" / "bus.jpg"
MINIBUS = 654


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    torch.set_num_threads(1)


def rows(vectors):
    return np.stack([np.frombuffer(vector, np.float32) for vector in vectors])


def test_the_fallback_is_named_and_knows_a_bus():
    embedder = load_embedder("ViT-B-32", None, "cpu")
    assert embedder.name == "timm:tf_efficientnet_lite0"
    assert embedder.notice is not None
    assert "ViT-B-32 could not be loaded" in embedder.notice
    assert embedder.embed_text("a bus") is None

    model = offline_model().eval()
    settings = resolve_model_data_config(model)
    transform: Any = create_transform(**settings)
    picture = transform(open_oriented(BUS))
    with torch.inference_mode():
        assert int(model(picture[None]).argmax()) == MINIBUS


def test_vectors_are_unit_rows_in_the_order_of_the_paths(tmp_path):
    generator = np.random.default_rng(3)
    paths = []
    for number in range(70):
        path = tmp_path / f"{number}.png"
        Image.fromarray(generator.integers(0, 255, (40, 50, 3), np.uint8)).save(path)
        paths.append(path)
    embedder = load_embedder("timm:tf_efficientnet_lite0", None, "cpu")
    vectors = rows(embedder.embed_images(paths))
    assert vectors.shape == (70, embedder.dim)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = rows(embedder.embed_images([paths[41]]))[0]
    assert (vectors @ alone).argmax() == 41
    assert embedder.embed_images([]) == []


def test_a_rotated_picture_is_seen_upright(tmp_path):
    upright = Image.new("RGB", (60, 30), "white")
    upright.paste("red", (0, 0, 10, 30))
    upright.save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    assert open_oriented(tmp_path / "turned.png").tobytes() == upright.tobytes()


def test_a_large_jpeg_is_decoded_small_but_not_too_small(tmp_path):
    Image.new("RGB", (4000, 3000), "green").save(tmp_path / "large.jpg")
    image = open_oriented(tmp_path / "large.jpg", at_least_px=224)
    assert 448 <= min(image.size) < 3000


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    with pytest.raises(InvalidInput, match=r"broken\.jpg cannot be decoded"):
        load_embedder("ViT-B-32", None, "cpu").embed_images([tmp_path / "broken.jpg"])


def test_a_file_in_the_weights_directory_comes_first(tmp_path):
    torch.manual_seed(0)
    torch.save(timm.create_model("mobilenetv3_small_050").state_dict(), tmp_path / "mobilenetv3_small_050.pth")
    embedder = load_embedder("timm:mobilenetv3_small_050", tmp_path, "cpu")
    assert embedder.notice is None
    assert embedder.name.startswith("timm:mobilenetv3_small_050=")
    same = load_embedder(f"mobilenetv3_small_050={tmp_path / 'mobilenetv3_small_050.pth'}", None, "cpu")
    assert same.name == embedder.name
    np.testing.assert_allclose(rows(embedder.embed_images([BUS])), rows(same.embed_images([BUS])), atol=1e-6)


def test_open_clip_weights_from_a_file_embed_pictures_and_text(tmp_path):
    import open_clip

    torch.manual_seed(0)
    torch.save(open_clip.create_model("RN50-quickgelu").state_dict(), tmp_path / "RN50-quickgelu.pt")
    embedder = load_embedder("RN50-quickgelu", tmp_path, "cpu")
    assert embedder.notice is None
    text = embedder.embed_text("a bus")
    assert text is not None
    assert np.frombuffer(text, np.float32).shape == (embedder.dim,) == (1024,)
    assert rows(embedder.embed_images([BUS])).shape == (1, 1024)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_model", "neither open_clip nor timm"),
        ("ViT-B-32/no_such_tag", "has no weights"),
        ("ViT-B-32=missing.pt", "there is no weights file"),
    ],
)
def test_a_wrong_name_is_refused_with_the_reason(name, message):
    with pytest.raises(InvalidInput, match=message):
        load_embedder(name, None, "cpu")


def test_a_file_of_another_model_is_refused(tmp_path):
    torch.save({"other": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(InvalidInput, match="does not hold weights"):
        load_embedder(f"timm:mobilenetv3_small_050={tmp_path / 'other.pt'}", None, "cpu")


def test_an_absent_hub_is_noticed_quickly(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    assert not hub_answers("http://127.0.0.1:9", patience_s=1.0)
