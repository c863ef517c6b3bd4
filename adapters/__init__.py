"""The only code that talks to PostgreSQL, Valkey/Redis and object storage: the implementations of domain/ports.py."""
