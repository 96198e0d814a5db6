DELETE FROM totals
WHERE category = :category AND reference IN ('truth', 'source', 'input', 'none') AND day = :day
