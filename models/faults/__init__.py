"""The vocabulary of what can be broken, and the plan that says when."""
