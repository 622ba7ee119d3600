"""One module a resource. A route parses, calls one function of a room, and answers."""
