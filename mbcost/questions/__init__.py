"""One module a question that a user asks: pure functions from facts to answers."""
