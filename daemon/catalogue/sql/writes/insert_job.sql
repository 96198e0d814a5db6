INSERT INTO jobs (hash, name, kind, path, dropped_path, size_bytes, mtime_ns, category_overruled, state, duplicate_of,
    dropped_at, not_before, finished_at)
VALUES (:hash, :name, :kind, :path, :path, :size_bytes, :mtime_ns, :category, :state, :duplicate_of,
    :now, :now, CASE :state WHEN 'duplicate' THEN :now END)
