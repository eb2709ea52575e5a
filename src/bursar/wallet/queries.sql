-- name: get_pool
-- A coin on a chain.
SELECT coin, chain_id, withdrawable, config, blocked_senders
FROM wallet_pool
WHERE chain_id = %(chain_id)s AND coin = %(coin)s;

-- name: list_pools
-- Every coin on every chain that was set.
SELECT coin, chain_id, withdrawable, config, blocked_senders FROM wallet_pool ORDER BY chain_id, coin;

-- name: add_pool
-- A coin on a chain, unless it was set before.
INSERT INTO wallet_pool (coin, chain_id, withdrawable, config, blocked_senders)
VALUES (%(coin)s, %(chain_id)s, %(withdrawable)s, %(config)s, %(blocked_senders)s)
ON CONFLICT (chain_id, coin) DO NOTHING;

-- name: set_pool
-- New settings of a coin on a chain.
INSERT INTO wallet_pool (coin, chain_id, withdrawable, config, blocked_senders)
VALUES (%(coin)s, %(chain_id)s, %(withdrawable)s, %(config)s, %(blocked_senders)s)
ON CONFLICT (chain_id, coin) DO UPDATE
SET withdrawable = excluded.withdrawable, config = excluded.config, blocked_senders = excluded.blocked_senders;
