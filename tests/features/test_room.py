import gc
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from airwatch.features.room import Room


def address(block):
    return block.__array_interface__["data"][0]


def test_a_block_has_the_memory_of_one_that_nobody_looks_at_any_more():
    room = Room()
    first = room.block(3, 100)
    before, row = address(first), first[1]
    del first
    gc.collect()
    second = room.block(3, 100)
    second[:] = 1
    row[:] = 2
    assert (second == 1).all(), "a row of the first is still looked at"
    del row
    gc.collect()
    assert address(room.block(3, 90)) == before


def test_threads_share_a_room_and_no_block():
    room, often = Room(), sys.getswitchinterval()

    def use(number):
        for _ in range(2_000):
            block = room.block(1, 10)
            block[:] = number
            assert (block == number).all()

    sys.setswitchinterval(1e-6)  # seconds; threads meet within a line
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(use, range(4)))
    finally:
        sys.setswitchinterval(often)


def test_a_larger_block_than_any_before_has_memory_of_its_own():
    room = Room()
    room.block(2, 10)[:] = 1
    block = room.block(2, 1000)
    block[:] = 5
    assert block.shape == (2, 1000)
    assert block.flags.c_contiguous
    assert block.flags.writeable
    assert block.dtype == np.float32


def test_a_room_is_empty_where_it_is_sent():
    room = Room()
    room.block(1_000, 1_000)
    assert len(pickle.dumps(room)) < 100
