"""How every benchmark prints: a figure, its target, and whether it was reached."""

import platform

import msgspec


class Figure(msgspec.Struct, frozen=True):
    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""

    @property
    def reached(self) -> bool | None:
        """None where there is no target."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.value >= self.at_least if self.at_least is not None else None


def print_figures(title: str, figures: list[Figure]) -> None:
    width = max(len(figure.name) for figure in figures)
    print(f"\n{title} ({platform.machine()}, Python {platform.python_version()})")
    for figure in figures:
        verdict = {True: "reached", False: "MISSED", None: ""}[figure.reached]
        print(f"  {figure.name:<{width}}  {figure.value:>12,.2f} {figure.unit:<9} {figure.target:<10} {verdict}")
