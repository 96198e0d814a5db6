-- What was done to each shot of a clip, and why: JSON, NULL for clips of earlier versions.
ALTER TABLE clips ADD COLUMN plan TEXT;
