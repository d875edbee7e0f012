"""The planner's pages: questions asked of quarters, answered with a map, a table, a definition and a file."""
