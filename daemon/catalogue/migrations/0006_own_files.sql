-- A folder of single frames that a clip has published. Those of earlier versions are in no row, and stay as they are.
CREATE TABLE frame_folders (
    path TEXT PRIMARY KEY,           -- relative to the data root
    clip_id INTEGER NOT NULL REFERENCES clips (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX frame_folders_clip ON frame_folders (clip_id);
