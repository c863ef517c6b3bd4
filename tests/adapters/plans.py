"""What PostgreSQL does for a query: its plan, run for real, and how many rows that touched."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import msgspec


class Plan(msgspec.Struct):
    sql: str
    root: dict[str, Any]

    def nodes(self) -> Iterator[dict[str, Any]]:
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("Plans", [])

    def seq_scans(self) -> list[str]:
        return [node["Relation Name"] for node in self.nodes() if node["Node Type"] == "Seq Scan"]

    def indexes(self) -> set[str]:
        return {node["Index Name"] for node in self.nodes() if "Index Name" in node}

    def rows_touched(self) -> int:
        """Read from tables and indexes, whether they were wanted or thrown away."""
        counted = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        scans = [node for node in self.nodes() if "Scan" in node["Node Type"]]
        return round(sum(node.get(rows, 0) * node["Actual Loops"] for node in scans for rows in counted))

    def rows_sorted(self) -> int:
        sorts = [node for node in self.nodes() if node["Node Type"] == "Sort"]
        return round(sum(node["Plans"][0]["Actual Rows"] * node["Actual Loops"] for node in sorts))


class PlanningPool:
    """Stands where an asyncpg.Pool is taken; every query is explained, then answered."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.plans: list[Plan] = []

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        await self._explain(sql, *args)
        return await self._pool.fetch(sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        await self._explain(sql, *args)
        return await self._pool.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        await self._explain(sql, *args)
        return await self._pool.execute(sql, *args)

    async def _explain(self, sql: str, *args: Any) -> None:
        explained = await self._pool.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", *args)
        self.plans.append(Plan(sql, msgspec.json.decode(explained)[0]["Plan"]))
