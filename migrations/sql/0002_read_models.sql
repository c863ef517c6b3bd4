-- Read models. Every table down to `exports` is folded from the log and can be rebuilt to the same bytes.

CREATE TABLE projects (
    project_id uuid PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    task text NOT NULL,
    settings jsonb NOT NULL,
    trashed boolean NOT NULL,
    promoted_run_id uuid,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE categories (
    category_id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    name text NOT NULL,
    color text NOT NULL,
    hotkey text,
    ordinal integer NOT NULL,
    into_id uuid,
    removed boolean NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX categories_by_project ON categories (project_id, ordinal);

CREATE TABLE images (
    image_id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    position bigint NOT NULL,
    file_name text NOT NULL,
    digest text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    byte_size bigint NOT NULL,
    media_type text NOT NULL,
    orientation smallint NOT NULL,
    state text NOT NULL,
    trashed boolean NOT NULL,
    erased boolean NOT NULL,
    audit boolean NOT NULL,
    annotation_count integer NOT NULL,
    claimed_by uuid,
    reject_reason text,
    query_batch_id uuid,
    human_version bigint NOT NULL,
    human_position bigint,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);
-- Between a walk along the pages and the index of name parts the planner chooses by how many names it believes to match.
ALTER TABLE images ALTER COLUMN file_name SET STATISTICS 1000;
CREATE INDEX images_by_project ON images (project_id, trashed, position);
CREATE INDEX images_by_state ON images (project_id, trashed, state, position);
CREATE INDEX images_by_name ON images (project_id, trashed, file_name, position);
CREATE INDEX images_by_digest ON images (project_id, digest);
CREATE INDEX images_by_batch ON images (query_batch_id) WHERE query_batch_id IS NOT NULL;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX images_by_name_part ON images USING gin (file_name gin_trgm_ops);

CREATE TABLE annotations (
    annotation_id uuid PRIMARY KEY,
    image_id uuid NOT NULL,
    project_id uuid NOT NULL,
    category_id uuid NOT NULL,
    geometry jsonb NOT NULL,
    x double precision NOT NULL,
    y double precision NOT NULL,
    width double precision NOT NULL,
    height double precision NOT NULL,
    area double precision NOT NULL,
    source text NOT NULL,
    confidence double precision,
    prediction_id uuid,
    run_id uuid,
    created_by uuid NOT NULL,
    version bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX annotations_by_image ON annotations (image_id);
CREATE INDEX annotations_by_category ON annotations (project_id, category_id, image_id);
CREATE INDEX annotations_by_source ON annotations (project_id, source, image_id);

CREATE TABLE jobs (
    job_id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    priority integer NOT NULL,
    max_attempts integer NOT NULL,
    state text NOT NULL,
    attempt integer NOT NULL,
    cancel_requested boolean NOT NULL,
    result jsonb,
    error text,
    error_tail text,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX jobs_by_project ON jobs (project_id, created_at DESC, job_id);
CREATE INDEX jobs_to_claim ON jobs (priority DESC, created_at) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (started_at) WHERE state = 'running';

CREATE TABLE query_batches (
    query_batch_id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    acquisition_function text NOT NULL,
    budget integer NOT NULL,
    seed bigint NOT NULL,
    as_of_position bigint NOT NULL,
    inputs_digest text NOT NULL,
    picks jsonb NOT NULL,
    job_id uuid,
    run_id uuid,
    settings jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX query_batches_by_project ON query_batches (project_id, query_batch_id);

CREATE TABLE training_runs (
    run_id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    job_id uuid NOT NULL,
    state text NOT NULL,
    base_weights text NOT NULL,
    as_of_position bigint NOT NULL,
    settings jsonb NOT NULL,
    category_ids jsonb NOT NULL,
    train_image_ids jsonb NOT NULL,
    validation_image_ids jsonb NOT NULL,
    metrics jsonb,
    weights_digest text,
    notices jsonb NOT NULL,
    versions jsonb,
    seconds double precision,
    error text,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX training_runs_by_project ON training_runs (project_id, run_id);

CREATE TABLE exports (
    export_id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    job_id uuid NOT NULL,
    format text NOT NULL,
    as_of_position bigint NOT NULL,
    settings jsonb NOT NULL,
    state text NOT NULL,
    blob text,
    size bigint,
    sha256 text,
    images integer,
    annotations integer,
    error text,
    created_at timestamptz NOT NULL
);
CREATE INDEX exports_by_project ON exports (project_id, export_id);
