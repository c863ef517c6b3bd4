"""How much of the label efficiency protocol is run: seconds to see that it works, an hour, or a night."""

import msgspec


class Preset(msgspec.Struct, frozen=True):
    budgets: tuple[int, ...]
    seeds: tuple[int, ...]
    arms: tuple[str, ...]
    steps: int = 320
    batch: int = 4
    image_size: int = 320
    full_steps: int = 960
    folds: tuple[int, ...] = (0, 1, 0)
    """Of the default arm, per budget: what lets it trust its model. Before ten boxes of each category it may not."""
    finish_folds: int = 3
    """Of the runs whose thresholds finish the dataset."""
    finish_at: tuple[int, ...] = (100,)
    """Sizes at which the dataset being finished retrains, after the last budget: the loop goes on while it helps."""
    refined: tuple[str, ...] = ()
    """Arms whose every run is followed by one that learns from its proposals on the unlabelled rest too."""
    orientation: str = "any"


PRESETS = {
    "smoke": Preset(
        (8, 16),
        (0,),
        ("random", "hybrid"),
        steps=40,
        image_size=224,
        full_steps=40,
        folds=(0, 0),
        finish_folds=2,
        finish_at=(24,),
        orientation="upright",
    ),
    "bench60": Preset((10, 20, 40), (0, 1, 2), ("random", "hybrid"), refined=("hybrid",)),
    "nightly": Preset(
        (10, 20, 40),
        (0, 1, 2),
        ("random", "hybrid", "k_center", "cluster_centres", "typical", "herding", "uncertainty"),
        refined=("hybrid",),
    ),
}
