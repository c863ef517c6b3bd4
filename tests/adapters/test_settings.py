from pathlib import Path

import pytest

from adapters.settings import Settings, SettingsError, load_settings


def test_everything_has_a_default_but_the_servers() -> None:
    settings = load_settings({"AUTOANNOTATE_DATA_DIR": "/srv/pictures", "AUTOANNOTATE_PORT": " "})
    assert settings == Settings(data_dir=Path("/srv/pictures"), blob_url="file:///srv/pictures/blobs")
    assert settings.address == "http://127.0.0.1:8000"
    with pytest.raises(SettingsError, match="DATABASE_URL is not set"):
        _ = settings.database_url
    with pytest.raises(SettingsError, match="REDIS_URL is not set"):
        _ = settings.redis_url


def test_another_process_reads_the_same_settings(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "AUTOANNOTATE_DATA_DIR": str(tmp_path / "a b"),
            "AUTOANNOTATE_HOST": "::1",
            "AUTOANNOTATE_PORT": "9000",
            "AUTOANNOTATE_WORKERS": "3",
            "AUTOANNOTATE_WEIGHTS_DIR": str(tmp_path),
            "AUTOANNOTATE_EMBEDDER": "RN50",
            "AUTOANNOTATE_DEVICE": "cuda:1",
            "DATABASE_URL": "postgresql://somebody@/db?host=%2Fsockets",
            "REDIS_URL": "unix:///sockets/valkey.sock?db=0",
            "BLOB_URL": "s3://bucket/prefix",
        }
    )
    assert load_settings(settings.environment()) == settings
    assert settings.address == "http://[::1]:9000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTOANNOTATE_PORT", "0"),
        ("AUTOANNOTATE_PORT", "http"),
        ("AUTOANNOTATE_PORT", "65536"),
        ("AUTOANNOTATE_WORKERS", "-1"),
        ("AUTOANNOTATE_WORKERS", "²"),
        ("AUTOANNOTATE_DEVICE", "gpu"),
        ("AUTOANNOTATE_DEVICE", "cpu:1"),
        ("AUTOANNOTATE_WEIGHTS_DIR", "/no/such/folder"),
        ("AUTOANNOTATE_DATA_DIR", __file__),
        ("DATABASE_URL", "mysql://here"),
        ("REDIS_URL", "localhost:6379"),
        ("BLOB_URL", "/just/a/path"),
    ],
)
def test_a_setting_that_cannot_work_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({name: value})


def test_a_password_in_a_url_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings({"DATABASE_URL": "mysql://root:secret@here"})
    assert "secret" not in str(refusal.value)
