-- What an erasure has to forget is found by the picture, not by reading every answer of a week.
ALTER TABLE commands ADD COLUMN about uuid[] NOT NULL DEFAULT '{}';
UPDATE commands SET about = ARRAY(
    SELECT DISTINCT named[1]::uuid
    FROM regexp_matches(convert_from(response, 'UTF8'), '"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"', 'g') named
) WHERE response IS NOT NULL;
CREATE INDEX commands_by_subject ON commands USING gin (about);
