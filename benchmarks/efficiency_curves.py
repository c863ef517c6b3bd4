"""The plots of the label-efficiency benchmark."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

import matplotlib as mpl

from benchmarks.annotator import Costs

if TYPE_CHECKING:
    from benchmarks.label_efficiency import Point

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import ScalarFormatter


def draw_curves(path: Path, points: Sequence["Point"]) -> None:
    """map50_95 over images, over true boxes, and over the person's seconds: a win by one only is none. The lines are
    means over seeds, the dots each of them."""
    figure, axes = plt.subplots(1, 3, figsize=(14, 4.8), sharey=True, layout="constrained")
    full = [p.map50_95 for p in points if p.arm == "full"]
    scales = [
        ("labelled images", lambda p: p.budget),
        ("boxes on them", lambda p: p.effort.true_boxes),
        ("human seconds (draw 7 s)", lambda p: p.effort.seconds(Costs())),
    ]
    for axis, (label, x) in zip(axes, scales, strict=True):
        for color, arm in enumerate(sorted({p.arm for p in points} - {"full"})):
            here = [p for p in points if p.arm == arm]
            axis.plot([x(p) for p in here], [p.map50_95 for p in here], ".", color=f"C{color}", alpha=0.4)
            budgets = [[p for p in here if p.budget == budget] for budget in sorted({p.budget for p in here})]
            axis.plot(
                [mean(x(p) for p in group) for group in budgets],
                [mean(p.map50_95 for p in group) for group in budgets],
                "o-",
                color=f"C{color}",
                label=arm,
            )
        if full:
            axis.axhline(mean(full), color="grey", linestyle="--", label="all pictures")
        axis.set_xscale("log", base=2)
        axis.xaxis.set_major_formatter(ScalarFormatter())
        axis.set_xlabel(label)
    axes[0].set_ylabel("map50_95 on the test pictures")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    figure.savefig(path, dpi=110, metadata={"Software": ""})
    plt.close(figure)
