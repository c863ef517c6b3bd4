"""Jobs: PostgreSQL is the authority (log, lease, fence); arq carries only "look at job X" and may lose it."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import arq
import asyncpg
import msgspec
from arq.connections import ArqRedis, RedisSettings
from redis.exceptions import RedisError

from adapters.clock import new_id
from domain import job as jobs
from domain.errors import Conflict
from domain.events import Event
from domain.execute import JOB, Decision, Executor, Look
from domain.ids import LOCAL_ACTOR
from domain.job import JobState

HEARTBEATS_PER_LEASE = 6
NUDGE_WITHIN_S = 1.0
"""A Redis that is frozen must not hold up whoever asks for a job."""
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
    """Tells a worker through arq that a job waits. Best effort: workers look by themselves every other second."""

    def __init__(self, redis_url: str) -> None:
        self._settings = redis_settings(redis_url)
        self._redis: ArqRedis | None = None
        self._connecting = asyncio.Lock()

    async def nudge(self, job_id: UUID) -> bool:
        """Whether Redis took the nudge."""
        try:
            async with asyncio.timeout(NUDGE_WITHIN_S):
                redis = await self._connected()
                # The nonce lets the same job be nudged again while an older nudge still lies there (arq#432).
                await redis.enqueue_job("run_job", str(job_id), _job_id=f"{job_id}:{new_id()}")
        except (TimeoutError, OSError, ConnectionError, RedisError):
            return False
        return True

    async def _connected(self) -> ArqRedis:
        async with self._connecting:
            if self._redis is None:
                self._redis = await arq.create_pool(
                    self._settings, job_serializer=pack, job_deserializer=unpack, default_queue_name=QUEUE_NAME
                )
            return self._redis

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()
            self._redis = None


class Claim(msgspec.Struct, frozen=True):
    """One attempt at a job, ours alone while `fence` is the job's stream version."""

    job_id: UUID
    project_id: UUID
    kind: str
    payload: Mapping[str, Any]
    attempt: int
    fence: int


class JobBoard:
    """Claims, leases and ends jobs for one worker process. Every change of state is an event of the job's stream.

    `relaxed_pool` commits without waiting for the disk: for heartbeats and progress, which a crash may forget.
    """

    def __init__(
        self, pool: asyncpg.Pool, relaxed_pool: asyncpg.Pool, executor: Executor, worker: str, lease_s: int
    ) -> None:
        self._pool = pool
        self._relaxed_pool = relaxed_pool
        self._executor = executor
        self.worker = worker
        self.lease_s = lease_s

    async def claim(self, job_id: UUID) -> Claim | None:
        """None when the job is not there to be taken."""
        project_id = await self._pool.fetchval(
            "SELECT project_id FROM jobs WHERE job_id = $1 AND state = 'queued'", job_id
        )
        if project_id is None:
            return None
        state = await self._change(job_id, lambda s: jobs.decide_claim(s, self.worker))
        if state is None or state.state != "running":
            return None
        await self._pool.execute(
            "INSERT INTO job_leases (job_id, fence, worker, lease_until) "
            "VALUES ($1, $2, $3, now() + make_interval(secs => $4)) ON CONFLICT (job_id) DO UPDATE SET "
            # Frozen since the claim, we may have lost the job: the lease of who has it now stays.
            "fence = excluded.fence, worker = excluded.worker, lease_until = excluded.lease_until "
            "WHERE job_leases.fence < excluded.fence",
            job_id,
            state.version,
            self.worker,
            float(self.lease_s),
        )
        await self._pool.execute("DELETE FROM job_progress WHERE job_id = $1", job_id)
        return Claim(job_id, project_id, state.kind, state.payload, state.attempt, state.version)

    async def next_queued(self, kinds: Sequence[str]) -> list[UUID]:
        """Waiting jobs of these kinds, the most urgent first. One that just broke waits 2, then 4 s after its start."""
        rows = await self._pool.fetch(
            "SELECT job_id FROM jobs WHERE state = 'queued' AND kind = ANY($1) "
            "AND (attempt = 0 OR started_at < now() - make_interval(secs => least(4, 2 ^ attempt))) "
            "ORDER BY priority DESC, created_at LIMIT 10",
            list(kinds),
        )
        return [row["job_id"] for row in rows]

    async def extend_lease(self, job_id: UUID, fence: int) -> bool:
        """Heartbeat. False: somebody else owns the job now, the child must die."""
        status = await self._relaxed_pool.execute(
            "UPDATE job_leases SET lease_until = now() + make_interval(secs => $3) WHERE job_id = $1 AND fence = $2",
            job_id,
            fence,
            float(self.lease_s),
        )
        return status == "UPDATE 1"

    async def standing(self, job_id: UUID) -> tuple[str, int, bool]:
        """(state, stream version, cancel requested) as the read model has it."""
        row = await self._pool.fetchrow("SELECT state, version, cancel_requested FROM jobs WHERE job_id = $1", job_id)
        return (row["state"], row["version"], row["cancel_requested"]) if row else ("failed", 0, True)

    async def lost(self, job_id: UUID, fence: int, reason: str, tail: str = "") -> JobState | None:
        """The attempt of `fence` died: cancelled, queued again, or failed when its attempts are used up."""
        return await self._change(job_id, lambda s: jobs.decide_lost(s, reason, tail) if self._ours(s, fence) else [])

    async def given_up(self, job_id: UUID, fence: int) -> JobState | None:
        """The worker stops in good order: the job is queued again at once, and that is not the job's fault."""
        return await self._change(job_id, lambda s: jobs.decide_given_up(s) if self._ours(s, fence) else [])

    async def reap(self, ours: Collection[UUID] = ()) -> list[UUID]:
        """Re-queue what expired, except `ours`, which this process knows to be alive. One worker at a time acts."""
        async with self._pool.acquire() as connection, connection.transaction():
            # The transaction's lock, not the session's: of a worker that is frozen here, the server takes it back.
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", REAPER_LOCK):
                return []
            return await self._reap(connection, ours)

    async def _reap(self, connection: asyncpg.pool.PoolConnectionProxy, ours: Collection[UUID]) -> list[UUID]:
        # A claim whose worker died before it wrote the lease has an older attempt's lease, or none: it is measured
        # from its start. After a restart of the database the living get a lease's time to show themselves.
        expired = await connection.fetch(
            "SELECT j.job_id, j.version - j.cancel_requested::int AS fence, coalesce(l.worker, 'unknown') AS worker "
            "FROM jobs j LEFT JOIN job_leases l ON l.job_id = j.job_id "
            "AND l.fence = j.version - j.cancel_requested::int "
            "WHERE j.state = 'running' AND NOT j.job_id = ANY($2::uuid[]) "
            "AND coalesce(l.lease_until, j.started_at + make_interval(secs => $1)) < now() "
            "AND pg_postmaster_start_time() < now() - make_interval(secs => $1 / $3)",
            float(self.lease_s),
            list(ours),
            float(HEARTBEATS_PER_LEASE / 2),
        )
        for row in expired:
            await self.lost(row["job_id"], row["fence"], f"worker {row['worker']} went silent for {self.lease_s} s")
        return [row["job_id"] for row in expired]

    async def report_progress(self, claim: Claim, progress: float, message: str, log: str) -> None:
        """Lossy by contract; `log` is the tail of the child's output so far. Nothing once the attempt is not ours."""
        async with self._relaxed_pool.acquire() as connection:
            ours = await connection.fetchval(
                "INSERT INTO job_progress (job_id, progress, message, log_tail) "
                "SELECT job_id, $2, $3, $4 FROM job_leases WHERE job_id = $1 AND fence = $5 "
                "ON CONFLICT (job_id) DO UPDATE SET progress = excluded.progress, message = excluded.message, "
                "log_tail = excluded.log_tail, updated_at = clock_timestamp() RETURNING true",
                claim.job_id,
                progress,
                message,
                log,
                claim.fence,
            )
            if ours:
                frame = {
                    "project_id": claim.project_id,
                    "job_id": claim.job_id,
                    "progress": progress,
                    "message": message[:500],
                }
                await connection.execute("SELECT pg_notify('progress', $1)", msgspec.json.encode(frame).decode())

    async def register(self, device: str) -> None:
        """Tell that this worker is there, and forget those that have not been for a day."""
        await self._relaxed_pool.execute(
            "INSERT INTO workers (worker, seen_at, device) VALUES ($1, now(), $2) "
            "ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at",
            self.worker,
            device,
        )
        await self._relaxed_pool.execute("DELETE FROM workers WHERE seen_at < now() - interval '1 day'")

    async def sign_off(self) -> None:
        await self._relaxed_pool.execute("DELETE FROM workers WHERE worker = $1", self.worker)

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
