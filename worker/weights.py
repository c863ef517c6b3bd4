"""Where base weights come from: an explicit path, the weights folder, the library's cache; else a named fallback.

No silence: what was not found is said in a notice that travels with the run (architecture.md section 9).
"""

import hashlib
from pathlib import Path

import msgspec

NO_WEIGHTS = (
    "No pretrained weights for {name} were found, so training starts from scratch: a few dozen pictures will not be "
    "enough. Put {name} into the folder that AUTOANNOTATE_WEIGHTS_DIR names."
)
TRANSFERRED = (
    "There are no {name} weights here; training starts from {source}, layer by layer where name and shape agree."
)


class ResolvedWeights(msgspec.Struct, frozen=True):
    """`path` None: from scratch. `architecture` is the model's yaml name, such as yolov8n-seg.yaml."""

    path: Path | None
    architecture: str
    notice: str | None = None
    sha256: str | None = None


def resolve_weights(name: str, weights_dir: Path | None) -> ResolvedWeights:
    """Find `name`: a path, or a file name such as yolov8n.pt. A `-seg` model may start from its detector's weights."""
    explicit = Path(name).expanduser()
    file_name = explicit.name if explicit.suffix == ".pt" else f"{explicit.name}.pt"
    architecture = f"{Path(file_name).stem}.yaml"
    if explicit.is_absolute() and explicit.is_file():
        return ResolvedWeights(explicit, architecture, sha256=sha256_of(explicit))
    if found := _in_folder(weights_dir, file_name):
        return ResolvedWeights(found, architecture, sha256=sha256_of(found))
    if "-seg" in file_name and (found := _in_folder(weights_dir, file_name.replace("-seg", ""))):
        notice = TRANSFERRED.format(name=file_name, source=found.name)
        return ResolvedWeights(found, architecture, notice, sha256_of(found))
    return ResolvedWeights(None, architecture, NO_WEIGHTS.format(name=file_name))


def _in_folder(folder: Path | None, file_name: str) -> Path | None:
    candidate = folder / file_name if folder else None
    return candidate if candidate and candidate.is_file() else None


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
