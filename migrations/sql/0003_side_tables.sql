-- Not rebuilt from the log: bulk results whose digest the log holds, derived vectors, and what is volatile by nature.

CREATE TABLE job_leases (
    job_id uuid PRIMARY KEY,
    fence bigint NOT NULL,
    worker text NOT NULL,
    lease_until timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX job_leases_by_end ON job_leases (lease_until);

CREATE TABLE job_progress (
    job_id uuid PRIMARY KEY,
    progress real NOT NULL,
    message text NOT NULL,
    log_tail text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

CREATE TABLE job_nudges (
    job_id uuid PRIMARY KEY,
    nudged_at timestamptz NOT NULL
);

CREATE TABLE predictions (
    prediction_id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    image_id uuid NOT NULL,
    run_id uuid NOT NULL,
    job_id uuid NOT NULL,
    category_id uuid NOT NULL,
    geometry jsonb NOT NULL,
    x double precision NOT NULL,
    y double precision NOT NULL,
    width double precision NOT NULL,
    height double precision NOT NULL,
    confidence double precision NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'accepted', 'rejected', 'superseded'))
) WITH (fillfactor = 80);
-- With the confidence a page's counts and maxima come from the index alone; by confidence, the few surest of a million.
CREATE INDEX predictions_open ON predictions (image_id, confidence) WHERE state = 'open';
CREATE INDEX predictions_by_confidence ON predictions (project_id, confidence, image_id) WHERE state = 'open';
CREATE INDEX predictions_by_run ON predictions (run_id, image_id);
CREATE INDEX predictions_by_job ON predictions (job_id);

-- One row per predicted image and run: what the gallery filters and the review queue order by.
CREATE TABLE image_predictions (
    image_id uuid NOT NULL,
    run_id uuid NOT NULL,
    project_id uuid NOT NULL,
    job_id uuid NOT NULL,
    count integer NOT NULL,
    max_confidence double precision NOT NULL,
    min_confidence double precision NOT NULL,
    uncertainty double precision NOT NULL,
    expected_corrections double precision,
    details jsonb,
    PRIMARY KEY (image_id, run_id)
);
CREATE INDEX image_predictions_by_run ON image_predictions (run_id, expected_corrections DESC);

CREATE TABLE run_epochs (
    run_id uuid NOT NULL,
    epoch integer NOT NULL,
    values jsonb NOT NULL,
    PRIMARY KEY (run_id, epoch)
);

CREATE TABLE embeddings (
    image_id uuid NOT NULL,
    embedder text NOT NULL,
    project_id uuid NOT NULL,
    dim integer NOT NULL,
    vector bytea NOT NULL,
    dhash bytea NOT NULL,
    x real,
    y real,
    near_duplicate_group uuid,
    PRIMARY KEY (image_id, embedder)
);
CREATE INDEX embeddings_by_project ON embeddings (project_id, embedder, image_id);
ALTER TABLE embeddings ALTER COLUMN vector SET STORAGE PLAIN;

CREATE TABLE searches (
    search_id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    query jsonb NOT NULL,
    result jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE workers (
    worker text PRIMARY KEY,
    seen_at timestamptz NOT NULL,
    device text NOT NULL
);
