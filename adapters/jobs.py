"""Jobs: PostgreSQL is the authority (log, lease, fence); arq carries only "look at job X" and may lose it."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import arq
import asyncpg
import msgspec
from arq.connections import ArqRedis, RedisSettings

from adapters.clock import new_id
from domain import job as jobs
from domain.errors import Conflict
from domain.events import Event
from domain.execute import JOB, Decision, Executor, Look
from domain.ids import LOCAL_ACTOR
from domain.job import JobState
from domain.ports import Guard

LEASE_S = 30
HEARTBEAT_S = 5
REAP_EVERY_S = 2
RENUDGE_AFTER_S = 5
QUEUE_NAME = "autoannotate"
REAPER_LOCK = 0x6175_746F
"""Key of the advisory lock that picks the one worker whose reaper acts."""

pack = msgspec.msgpack.Encoder(enc_hook=repr).encode
unpack = msgspec.msgpack.Decoder().decode
"""Never pickle: whoever can write to Redis must not be able to run code (event-log.md 3.2)."""


def redis_settings(redis_url: str) -> RedisSettings:
    settings = RedisSettings.from_dsn(redis_url)
    settings.conn_timeout = 1
    settings.conn_retries = 1
    settings.conn_retry_delay = 0
    return settings


class Nudger:
    """Tells the workers through arq that a job waits. Best effort: the reaper repairs every loss."""

    def __init__(self, redis_url: str) -> None:
        self._settings = redis_settings(redis_url)
        self._redis: ArqRedis | None = None
        self._connecting = asyncio.Lock()

    async def nudge(self, job_id: UUID) -> bool:
        """Whether Redis took the nudge."""
        try:
            async with self._connecting:
                if self._redis is None:
                    self._redis = await arq.create_pool(
                        self._settings,
                        job_serializer=pack,
                        job_deserializer=unpack,
                        default_queue_name=QUEUE_NAME,
                    )
            # The nonce lets the same job be nudged again while an older nudge still lies there (arq#432).
            await self._redis.enqueue_job("run_job", str(job_id), _job_id=f"{job_id}:{new_id()}")
        except (OSError, ConnectionError, asyncio.TimeoutError, arq.connections.RedisError):
            return False
        return True

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()
            self._redis = None


class JobBoard:
    """Claims, leases and ends jobs for one worker process. Every change of state is an event of the job's stream."""

    def __init__(self, pool: asyncpg.Pool, executor: Executor, worker: str) -> None:
        self._pool = pool
        self._executor = executor
        self.worker = worker

    async def claim(self, job_id: UUID) -> tuple[JobState, int] | None:
        """The job and its fence, or None when it is not there to be taken."""
        row = await self._pool.fetchrow("SELECT project_id FROM jobs WHERE job_id = $1 AND state = 'queued'", job_id)
        if row is None:
            return None
        state = await self._change(job_id, lambda s: jobs.decide_claim(s, self.worker))
        if state is None or state.state != "running":
            return None
        await self._pool.execute(
            "INSERT INTO job_leases (job_id, fence, worker, lease_until) "
            "VALUES ($1, $2, $3, now() + make_interval(secs => $4)) ON CONFLICT (job_id) DO UPDATE SET "
            "fence = excluded.fence, worker = excluded.worker, lease_until = excluded.lease_until",
            job_id,
            state.version,
            self.worker,
            float(LEASE_S),
        )
        await self._pool.execute("DELETE FROM job_progress WHERE job_id = $1", job_id)
        return state, state.version

    async def next_queued(self, kinds: Sequence[str]) -> list[UUID]:
        """Waiting jobs of these kinds, the most urgent first."""
        rows = await self._pool.fetch(
            "SELECT job_id FROM jobs WHERE state = 'queued' AND kind = ANY($1) ORDER BY priority DESC, created_at LIMIT 10",
            list(kinds),
        )
        return [row["job_id"] for row in rows]

    async def extend_lease(self, job_id: UUID, fence: int) -> bool:
        """Heartbeat. False: somebody else owns the job now, the child must die."""
        status = await self._pool.execute(
            "UPDATE job_leases SET lease_until = now() + make_interval(secs => $3) WHERE job_id = $1 AND fence = $2",
            job_id,
            fence,
            float(LEASE_S),
        )
        return status == "UPDATE 1"

    async def standing(self, job_id: UUID) -> tuple[str, int, bool]:
        """(state, stream version, cancel requested) as the read model has it."""
        row = await self._pool.fetchrow("SELECT state, version, cancel_requested FROM jobs WHERE job_id = $1", job_id)
        return (row["state"], row["version"], row["cancel_requested"]) if row else ("failed", 0, True)

    async def lost(self, job_id: UUID, fence: int, reason: str, tail: str = "") -> JobState | None:
        """The attempt of `fence` died: cancelled, queued again, or failed when its attempts are used up."""
        return await self._change(job_id, lambda s: jobs.decide_lost(s, reason, tail) if self._ours(s, fence) else [])

    async def reap(self) -> list[UUID]:
        """Re-queue what expired; answer with queued jobs that nobody was told of lately. One worker at a time acts."""
        async with self._pool.acquire() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", REAPER_LOCK):
                return []
            try:
                return await self._reap(connection)
            finally:
                await connection.execute("SELECT pg_advisory_unlock($1)", REAPER_LOCK)

    async def _reap(self, connection: asyncpg.pool.PoolConnectionProxy) -> list[UUID]:
        expired = await connection.fetch(
            "SELECT j.job_id, coalesce(l.fence, j.version) AS fence, coalesce(l.worker, 'unknown') AS worker FROM jobs j "
            "LEFT JOIN job_leases l USING (job_id) WHERE j.state = 'running' "
            "AND coalesce(l.lease_until, j.started_at + make_interval(secs => $1)) < now()",
            float(LEASE_S),
        )
        for row in expired:
            await self.lost(row["job_id"], row["fence"], f"worker {row['worker']} went silent for {LEASE_S} s")
        waiting = await connection.fetch(
            "SELECT j.job_id FROM jobs j LEFT JOIN job_nudges n USING (job_id) WHERE j.state = 'queued' "
            "AND coalesce(n.nudged_at, j.created_at) < now() - make_interval(secs => $1) ORDER BY j.created_at LIMIT 100",
            float(RENUDGE_AFTER_S),
        )
        stale = [row["job_id"] for row in waiting]
        await connection.execute(
            "INSERT INTO job_nudges SELECT unnest($1::uuid[]), now() ON CONFLICT (job_id) DO UPDATE SET nudged_at = now()",
            stale,
        )
        return stale

    async def report_progress(self, job_id: UUID, project_id: UUID, progress: float, message: str, log: str) -> None:
        """Lossy by contract; `log` is the tail of the child's output so far."""
        async with self._pool.acquire() as connection:
            await connection.execute(
                "INSERT INTO job_progress (job_id, progress, message, log_tail) VALUES ($1, $2, $3, $4) "
                "ON CONFLICT (job_id) DO UPDATE SET progress = excluded.progress, message = excluded.message, "
                "log_tail = excluded.log_tail, updated_at = clock_timestamp()",
                job_id,
                progress,
                message,
                log,
            )
            frame = {"project_id": project_id, "job_id": job_id, "progress": progress, "message": message[:500]}
            await connection.execute("SELECT pg_notify('progress', $1)", msgspec.json.encode(frame).decode())

    async def _change(self, job_id: UUID, decide: Callable[[JobState], list[Event]]) -> JobState | None:
        project_id = await self._pool.fetchval("SELECT project_id FROM jobs WHERE job_id = $1", job_id)

        async def decision(state: JobState, _look: Look) -> Decision:
            events = decide(state)
            return Decision(
                events, also=[effect for event in events for effect in jobs.effects_of_ending(state, event)]
            )

        try:
            # The cached state may be behind another process; a claim must start from the log.
            await self._executor.load(JOB, job_id)
            outcome = await self._executor.execute(JOB, job_id, decision, project_id=project_id, actor_id=LOCAL_ACTOR)
        except Conflict:
            return None
        return outcome.state if outcome.position else None

    @staticmethod
    def _ours(state: JobState, fence: int) -> bool:
        # A cancel request is the one event that may follow the start while the attempt is still ours.
        return state.version == fence or (state.cancel_requested and state.version == fence + 1)


def fence_guard(job_id: UUID, fence: int) -> Guard:
    """The guard that every effect of a job carries: refused once the job was cancelled, re-queued or taken over."""
    return Guard(job_id, fence)
