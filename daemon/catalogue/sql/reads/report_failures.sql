-- By kind of error; the columns beside max(at) are those of the newest.
SELECT error_kind AS kind, count(*) AS jobs, max(at) AS at, name, error, coalesce(remedy, '') AS remedy
FROM failures WHERE at >= :since GROUP BY error_kind ORDER BY jobs DESC
