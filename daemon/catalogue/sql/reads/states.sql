SELECT state, count(*) FROM jobs WHERE dropped_at >= :since GROUP BY state
