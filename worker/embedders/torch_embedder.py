"""The Embedder of domain/ports.py over any torch model that turns pictures into vectors."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from worker.embedders.pictures import Transform, batches

if TYPE_CHECKING:
    from torch import Tensor

CPU_BATCH = 32
GPU_BATCH = 256


class TorchEmbedder:
    """Batched, float16 arithmetic on a GPU, float32 on a CPU. One instance belongs to one thread.

    `name` identifies the vector space: vectors of different names must never be compared.
    """

    def __init__(
        self,
        name: str,
        model: torch.nn.Module,
        encode: "Callable[[Tensor], Tensor]",
        transform: Transform,
        side_px: int,
        device: str,
        encode_text: "Callable[[str], Tensor] | None" = None,
        notice: str | None = None,
    ) -> None:
        self.name = name
        self.notice = notice
        self._device = torch.device(device)
        model.to(self._device).eval()
        self._encode = encode
        self._encode_text = encode_text
        self._transform = transform
        self._side_px = side_px
        self._batch = GPU_BATCH if self._device.type == "cuda" else CPU_BATCH
        self.dim = self._run(torch.zeros(1, 3, side_px, side_px)).shape[1]

    def embed_images(self, paths: Sequence[Path]) -> list[memoryview]:
        """One L2-normalised float32 vector of `dim` per path, in order.

        Raises InvalidInput naming the first file that cannot be decoded.
        """
        vectors: list[memoryview] = []
        for batch in batches(paths, self._transform, self._side_px, self._batch):
            vectors.extend(memoryview(row) for row in unit_rows(self._run(batch)))
        return vectors

    def embed_text(self, text: str) -> memoryview | None:
        """The text's unit float32 vector in the pictures' space; None where the model knows no text."""
        if self._encode_text is None:
            return None
        with torch.inference_mode():
            vector = self._encode_text(text).float().cpu().numpy()
        return memoryview(unit_rows(vector)[0])

    def _run(self, batch: "Tensor") -> np.ndarray:
        with torch.inference_mode(), torch.autocast("cuda", torch.float16, enabled=self._device.type == "cuda"):
            return self._encode(batch.to(self._device, non_blocking=True)).float().cpu().numpy()


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """float32 rows of length 1. Raises ValueError where a row is zero or not finite: it would poison every search."""
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths == 0).any():
        raise ValueError("the model gave a vector that is zero or not finite")
    return rows / lengths
