import pytest

from adapters.blobs import ObstoreBlobStore, open_blob_store
from adapters.memory import MemoryBlobStore
from tests.ports.blob_store_contract import BlobStoreContract


class TestMemoryBlobStore(BlobStoreContract):
    @pytest.fixture
    def blobs(self) -> MemoryBlobStore:
        return MemoryBlobStore()


class TestObstoreBlobStore(BlobStoreContract):
    @pytest.fixture
    def blobs(self, tmp_path) -> ObstoreBlobStore:
        return open_blob_store((tmp_path / "blobs").as_uri())
