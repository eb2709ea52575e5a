"""The wallet: addresses that customers pay to, deposits, withdrawals, and the treasury behind them."""
