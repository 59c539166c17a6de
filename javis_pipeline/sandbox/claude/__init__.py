"""Claude's Messages API as the sandbox plays it: answers are made from the request's own context."""
