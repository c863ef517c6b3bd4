import pytest

from adapters.memory import MemoryEventStore
from tests.ports.event_store_contract import EventStoreContract


class TestMemoryEventStore(EventStoreContract):
    @pytest.fixture
    def store(self) -> MemoryEventStore:
        return MemoryEventStore()


class TestPostgresEventStore(EventStoreContract):
    """The fixture `store` of tests/conftest.py: the real one."""
