-- The log. One row of log_head is locked by every append, so positions are gapless and in commit order:
-- a reader of `position > last` can never miss one (event-log decision, docs/adr/0001).

CREATE TABLE log_head (
    id integer PRIMARY KEY CHECK (id = 1),
    epoch bigint NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log_head VALUES (1, 1, 0);

CREATE TABLE streams (
    stream_id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    version bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE events (
    position bigint PRIMARY KEY,
    stream_id uuid NOT NULL,
    version bigint NOT NULL,
    event_id uuid NOT NULL UNIQUE,
    type text NOT NULL,
    schema_version smallint NOT NULL,
    data jsonb NOT NULL,
    meta jsonb NOT NULL,
    project_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    command_id uuid,
    causation_id uuid,
    correlation_id uuid,
    recorded_at timestamptz NOT NULL,
    UNIQUE (stream_id, version)
);
CREATE INDEX events_by_project ON events (project_id, position);

CREATE TABLE commands (
    command_id uuid PRIMARY KEY,
    request_hash bytea NOT NULL,
    response bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX commands_by_age ON commands (created_at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Erasure alone may empty an event's data, inside its own transaction.
    IF TG_OP = 'UPDATE' AND current_setting('autoannotate.erasure', true) = 'on'
       AND NEW.position = OLD.position AND NEW.version = OLD.version AND NEW.stream_id = OLD.stream_id
       AND NEW.event_id = OLD.event_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'events are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- units: [{streams: [{stream_id, expected_version|null, events: [{event_id, type, schema_version, data}]}],
--          guards: [{stream_id, version}], project_id, actor_id, command_id, causation_id, correlation_id, meta}]
-- One row per unit. ok: versions holds the version before its first event, per stream in order; first_position numbers
-- its events in order. duplicate: the original numbering. conflict: stream_id moved and stands at version.
CREATE FUNCTION append_events(units jsonb)
RETURNS TABLE (unit integer, status text, first_position bigint, stream_id uuid, version bigint,
               base_versions bigint[], recorded_at timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    head bigint;
    head_before bigint;
    u jsonb;
    s jsonb;
    count_of_stream integer;
    base bigint;
    found_row record;
    now_ timestamptz;
BEGIN
    SELECT h.position INTO head FROM log_head h WHERE h.id = 1 FOR UPDATE;
    head_before := head;
    now_ := clock_timestamp();
    unit := -1;
    FOR u IN SELECT value FROM jsonb_array_elements(units) LOOP
        unit := unit + 1;
        recorded_at := now_;
        base_versions := '{}';

        SELECT e.position, e.version, e.stream_id, e.recorded_at INTO found_row
          FROM events e WHERE e.event_id = (u #>> '{streams,0,events,0,event_id}')::uuid;
        IF FOUND THEN
            status := 'duplicate'; first_position := found_row.position; stream_id := found_row.stream_id;
            version := found_row.version; recorded_at := found_row.recorded_at;
            RETURN NEXT;
            CONTINUE;
        END IF;

        SELECT x.stream_id, coalesce(st.version, 0) AS version INTO found_row
          FROM (SELECT g.stream_id, g.version FROM jsonb_to_recordset(u -> 'guards') g(stream_id uuid, version bigint)
                UNION ALL
                SELECT t.stream_id, t.expected_version
                  FROM jsonb_to_recordset(u -> 'streams') t(stream_id uuid, expected_version bigint)
                 WHERE t.expected_version IS NOT NULL) x
          LEFT JOIN streams st ON st.stream_id = x.stream_id
         WHERE coalesce(st.version, 0) <> x.version
         LIMIT 1;
        IF FOUND THEN
            status := 'conflict'; first_position := 0; stream_id := found_row.stream_id; version := found_row.version;
            RETURN NEXT;
            CONTINUE;
        END IF;

        status := 'ok';
        first_position := head + 1;
        FOR s IN SELECT value FROM jsonb_array_elements(u -> 'streams') LOOP
            count_of_stream := jsonb_array_length(s -> 'events');
            stream_id := (s ->> 'stream_id')::uuid;
            INSERT INTO streams AS st (stream_id, project_id, version)
            VALUES (stream_id, (u ->> 'project_id')::uuid, count_of_stream)
            ON CONFLICT (stream_id) DO UPDATE SET version = st.version + count_of_stream
            RETURNING st.version - count_of_stream INTO base;
            INSERT INTO events (position, stream_id, version, event_id, type, schema_version, data, meta, project_id,
                                actor_id, command_id, causation_id, correlation_id, recorded_at)
            SELECT head + n, (s ->> 'stream_id')::uuid, base + n, (ev ->> 'event_id')::uuid, ev ->> 'type',
                   (ev ->> 'schema_version')::smallint, ev -> 'data', u -> 'meta', (u ->> 'project_id')::uuid,
                   (u ->> 'actor_id')::uuid, (u ->> 'command_id')::uuid, (u ->> 'causation_id')::uuid,
                   (u ->> 'correlation_id')::uuid, now_
              FROM jsonb_array_elements(s -> 'events') WITH ORDINALITY AS rows(ev, n);
            base_versions := base_versions || base;
            head := head + count_of_stream;
            version := base + count_of_stream;
        END LOOP;
        RETURN NEXT;
    END LOOP;
    IF head > head_before THEN
        UPDATE log_head SET position = head WHERE id = 1;
        PERFORM pg_notify('es_head', head::text);
    END IF;
END $$;
