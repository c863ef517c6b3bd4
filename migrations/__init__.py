"""The database's schema, step by step; the log's functions and triggers live in sql/."""
