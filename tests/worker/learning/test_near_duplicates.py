"""Which pictures count as one."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from worker.near_duplicates import dhash_256, near_duplicate_groups, similar_cosine


def picture(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8)
    return Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)


def hashes_of(*images: Image.Image) -> np.ndarray:
    return np.stack([np.frombuffer(dhash_256(image), np.uint8) for image in images])


def bits(a: np.ndarray, b: np.ndarray) -> int:
    return int(np.bitwise_count(a ^ b).sum())


def flipped(hashed: np.ndarray, count: int) -> np.ndarray:
    unpacked = np.unpackbits(hashed)
    unpacked[:count] ^= 1
    return np.packbits(unpacked)


def test_a_smaller_blurred_copy_keeps_its_hash_and_another_picture_does_not():
    original, other = picture(1), picture(2)
    copy = original.resize((200, 150)).filter(ImageFilter.GaussianBlur(1))
    one, same, different = hashes_of(original, copy, other)
    assert bits(one, same) <= 10
    assert bits(one, different) > 60
    assert len(dhash_256(original)) == 32


def test_equal_bytes_or_hashes_within_ten_bits_are_one_group():
    base, far = hashes_of(picture(1), picture(2))
    hashes = np.stack([base, far, flipped(base, 10), flipped(base, 11), far])
    groups = near_duplicate_groups(["a", "b", "c", "d", "e"], hashes)
    assert groups.tolist() == [0, 1, 0, 0, 1]  # 3 is one bit from 2: groups are transitive

    apart = np.stack([base, flipped(base, 11)])
    assert near_duplicate_groups(["a", "b"], apart).tolist() == [0, 1]
    assert near_duplicate_groups(["a", "a"], apart).tolist() == [0, 0]


def test_between_10_and_25_bits_the_vectors_decide():
    base = hashes_of(picture(1))[0]
    hashes = np.stack([base, flipped(base, 25), flipped(base, 26)])
    close = np.array([[1, 0, 0], [0.99, np.sqrt(1 - 0.99**2), 0], [1, 0, 0]], np.float32)
    far = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0]], np.float32)
    assert near_duplicate_groups(list("abc"), hashes, far).tolist() == [0, 1, 1]
    assert near_duplicate_groups(list("ab"), hashes[:2], close[:2]).tolist() == [0, 0]


def test_where_all_pictures_are_alike_the_bar_rises_but_not_by_duplicates():
    generator = np.random.default_rng(0)
    hashes = generator.integers(0, 256, (300, 32), dtype=np.uint8)
    alike = np.array([1.0] + [0.0] * 15) + 0.05 * generator.standard_normal((300, 16))
    alike = (alike / np.linalg.norm(alike, axis=1, keepdims=True)).astype(np.float32)
    bar = similar_cosine(hashes, alike)
    assert bar > 0.985
    doubled = similar_cosine(np.concatenate([hashes, hashes]), np.concatenate([alike, alike]))
    assert doubled == pytest.approx(bar, abs=0.003)
    assert doubled < 0.9999


def test_groups_do_not_depend_on_the_order_and_thousands_of_copies_fit():
    generator = np.random.default_rng(0)
    distinct = generator.integers(0, 256, (500, 32), dtype=np.uint8)
    which = np.concatenate([np.arange(500), np.zeros(2_000, np.int64), generator.integers(0, 500, 500)])
    digests = [str(i) for i in range(len(which))]
    groups = near_duplicate_groups(digests, distinct[which])
    assert len(np.unique(groups)) == 500
    order = generator.permutation(len(which))
    shuffled = near_duplicate_groups(digests, distinct[which][order])
    assert [set(np.flatnonzero(groups == g)) for g in np.unique(groups)] == [
        set(order[np.flatnonzero(shuffled == shuffled[list(order).index(g)])]) for g in np.unique(groups)
    ]


def test_no_pictures_no_groups():
    assert near_duplicate_groups([], np.empty((0, 32), np.uint8)).size == 0
