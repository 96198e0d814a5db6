-- Names and errors, searchable: SELECT * FROM jobs WHERE id IN (SELECT rowid FROM jobs_text WHERE jobs_text MATCH 'palette')
CREATE VIRTUAL TABLE jobs_text USING fts5 (name, error, content = 'jobs', content_rowid = 'id');
INSERT INTO jobs_text (jobs_text) VALUES ('rebuild');
CREATE TRIGGER jobs_text_insert AFTER INSERT ON jobs BEGIN
    INSERT INTO jobs_text (rowid, name, error) VALUES (new.id, new.name, new.error);
END;
CREATE TRIGGER jobs_text_update AFTER UPDATE OF name, error ON jobs
WHEN old.name IS NOT new.name OR old.error IS NOT new.error BEGIN
    INSERT INTO jobs_text (jobs_text, rowid, name, error) VALUES ('delete', old.id, old.name, old.error);
    INSERT INTO jobs_text (rowid, name, error) VALUES (new.id, new.name, new.error);
END;
CREATE TRIGGER jobs_text_delete AFTER DELETE ON jobs BEGIN
    INSERT INTO jobs_text (jobs_text, rowid, name, error) VALUES ('delete', old.id, old.name, old.error);
END;
