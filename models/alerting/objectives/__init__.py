"""Service level objectives: budgets, burn rates, and the rules that watch them."""
