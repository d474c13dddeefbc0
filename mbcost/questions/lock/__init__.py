"""Has the cost of a network grown? The costs of networks now, compared with a lock, and with budgets."""
