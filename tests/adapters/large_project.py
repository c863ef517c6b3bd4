"""A project of a size that nobody labels in a test, made by PostgreSQL itself.

One image in five is unlabelled and has five open proposals; the others have twelve annotations each, in twenty
categories of which the rarest is on one box in sixty. One labelled image in 33 was imported.
"""

from uuid import UUID

import asyncpg

from adapters.shadow import SHADOW, add_indexes, bare_tables, swap_in

PROJECT = UUID("00000000-0000-7000-8000-0000000000aa")
OTHER_PROJECT = UUID("00000000-0000-7000-8000-0000000000ab")
ACTOR = UUID("00000000-0000-7000-8000-000000000001")
ANNOTATIONS_PER_IMAGE = 12
BOX = """'{"type": "box", "x": 10.5, "y": 20.25, "width": 100, "height": 80.5}'"""


def category(place: int) -> UUID:
    """The `place`-th commonest of 20; one that no annotation has beyond them."""
    return UUID(f"00000000-0000-7000-8000-{place:012d}")


async def fill(connection: asyncpg.Connection, images: int) -> None:
    """`images` in PROJECT, a hundredth of them again in OTHER_PROJECT, with their log, jobs and statistics."""
    await connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'")
    await bare_tables(connection)
    for project, first, count in ((PROJECT, 1, images), (OTHER_PROJECT, images + 1, images // 100)):
        await connection.execute(IMAGES, project, first, first + count - 1)
    await connection.execute(ANNOTATIONS, ACTOR)
    await connection.execute(JOBS, images // 100)
    await add_indexes(connection)
    async with connection.transaction():
        await swap_in(connection)
    await connection.execute(PREDICTIONS)
    await connection.execute(EVENTS, images, ACTOR)
    await connection.execute("UPDATE log_head SET position = (SELECT max(position) FROM events)")
    for table in ("images", "annotations", "predictions", "events", "jobs"):
        await connection.execute(f"VACUUM (ANALYZE) {table}")


# An image's id derives from its bytes: neighbours in the list are strangers in every index by id. Other ids tell time.
_TIMED = "('01900000-0000-7000-8000-' || lpad(to_hex({}), 12, '0'))::uuid"
_ID = "encode(substr(sha256(int8send({})), 1, 16), 'hex')::uuid"

IMAGES = f"""
INSERT INTO {SHADOW}.images
SELECT {_ID.format("n")}, $1, n, 'picture-' || lpad(n::text, 8, '0') || '.jpg', encode(sha256(int8send(n)), 'hex'),
    640, 480, 100000, 'image/jpeg', 1,
    CASE WHEN n % 1000 = 7 THEN 'rejected' WHEN n % 100 = 3 THEN 'in_progress' WHEN n % 10 < 2 THEN 'unlabelled'
        WHEN n % 10 = 2 THEN 'auto' WHEN n % 10 < 5 THEN 'submitted' ELSE 'approved' END,
    n % 500 = 11, false, n % 50 = 0, CASE WHEN n % 10 < 2 THEN 0 ELSE {ANNOTATIONS_PER_IMAGE} END, NULL, NULL,
    CASE WHEN n % 5000 = 13 THEN {_ID.format("0")} END, 3, n, 5, now(), now()
FROM generate_series($2::bigint, $3::bigint) n
"""

ANNOTATIONS = f"""
INSERT INTO {SHADOW}.annotations
SELECT {_TIMED.format("i.position * 100 + k")}, i.image_id, i.project_id,
    ('00000000-0000-7000-8000-'
        || lpad(floor(20 * ((abs(hashint8(i.position * 100 + k)) % 100000) / 1e5::float8) ^ 3)::text, 12, '0'))::uuid,
    {BOX}::jsonb, 10.5, 20.25, 100, 80.5, 8050,
    CASE WHEN i.state = 'auto' THEN 'model' WHEN i.position % 33 = 0 THEN 'import' ELSE 'human' END,
    NULL, NULL, NULL, $1, 3
FROM {SHADOW}.images i, generate_series(1, i.annotation_count) k
"""

JOBS = f"""
INSERT INTO {SHADOW}.jobs
SELECT {_ID.format("n")}, '{PROJECT}', CASE WHEN n % 2 = 0 THEN 'train' ELSE 'embed' END, '{{}}'::jsonb, n % 3, 3,
    CASE WHEN n % 250 = 0 THEN 'queued' WHEN n % 250 = 1 THEN 'running' ELSE 'succeeded' END, (n % 250 > 0)::int, false,
    NULL, NULL, NULL, 3, now() - n * interval '1 second', now(), NULL
FROM generate_series(1::bigint, greatest($1, 2500)) n
"""

PREDICTIONS = f"""
INSERT INTO predictions
SELECT {_TIMED.format("i.position * 100 + k + 50")}, i.project_id, i.image_id, {_ID.format("1")}, {_ID.format("2")},
    '{category(1)}', {BOX}::jsonb, 10.5, 20.25, 100, 80.5,
    ((abs(hashint8(i.position * 100 + k)) % 100000) / 1e5::float8) ^ 2, 'open'
FROM images i, generate_series(1, 5) k WHERE i.state = 'unlabelled'
"""

# Streams of three events, interleaved with each other and with those of another project.
EVENTS = f"""
INSERT INTO events
SELECT n, {_ID.format("1 + n % ($1 / 3)")}, 1 + n / ($1 / 3), {_TIMED.format("n")}, 'image.claimed', 1, '{{}}', '{{}}',
    CASE WHEN n % 100 = 0 THEN '{OTHER_PROJECT}'::uuid ELSE '{PROJECT}'::uuid END, $2, NULL, NULL, NULL, now()
FROM generate_series(1::bigint, $1::bigint - 3) n
"""
