SELECT id, name, path, attempt, stage, stage_share, claimed_at, heartbeat_at
FROM jobs WHERE state = 'running' ORDER BY claimed_at
