#!/usr/bin/env python3
"""Rebuilds a snapshot from a pool's files, by docs/engine-format.md alone: read_snapshot.py POOL SNAP IMAGE. Nothing may have the pool open."""
import hashlib, json, os, struct, subprocess, sys

BLOCK, PAGE, HEADER = 524288, 4096, 64


def xxh3(data):
    """The check value, by the program xxhsum: the standard library lacks it."""
    out = subprocess.run(["xxhsum", "-H3", "-"], input=data, stdout=subprocess.PIPE, check=True).stdout.decode()
    return int(out.split()[-1], 16)


def check(is_sound, what):
    if not is_sound:
        sys.exit("damaged: " + what)


def read_manifest(path):
    data = open(path, "rb").read()
    magic, version, zero, block, count, size = struct.unpack_from("<4sHHIIq", data)
    check(magic == b"OCTM" and version == 1 and zero == 0 and block == BLOCK, "the manifest's head")
    check(count == -(-size // BLOCK), "the number of blocks")
    check(struct.unpack("<Q", data[-8:])[0] == xxh3(data[:-8]), "the manifest's checksum")
    at = 72
    for _ in ("volume id", "tag"):
        at += 1 + data[at]
    blocks = []
    for _ in range(count):
        check(data[at] in (0, 1), "an entry")
        blocks.append(data[at + 1:at + 33] if data[at] else None)
        at += 33 if data[at] else 1
    check(at == len(data) - 8, "the manifest's length")
    return size, blocks


def walk(segment):
    """Every record: codec, plain length, SHA-256, payload."""
    at = 0
    while at + HEADER <= len(segment):
        head = segment[at:at + HEADER]
        magic, codec, zeros, plain, stored, name, payload_check, head_check = struct.unpack("<4sB3sII32sQQ", head)
        is_record = (
            magic == b"OCTR" and codec in (0, 1) and zeros == bytes(3) and 1 <= plain <= BLOCK and 1 <= stored <= BLOCK
            and at + HEADER + stored <= len(segment) and xxh3(head[:56]) == head_check)
        if not is_record:
            at += PAGE
            continue
        payload = segment[at + HEADER:at + HEADER + stored]
        if xxh3(payload) == payload_check:
            yield codec, plain, name, payload
        at += -(-(HEADER + stored) // PAGE) * PAGE


def unpack(codec, plain, payload):
    if codec == 1:
        payload = subprocess.run(["zstd", "-dcq"], input=payload, stdout=subprocess.PIPE, check=True).stdout
    check(len(payload) == plain, "a plain length")
    return payload


def main(pool, snapshot, image):
    engine = json.load(open(os.path.join(pool, "engine.json")))
    known = {"format": 1, "block_bytes": BLOCK, "hash": "sha-256", "codec": "zstd", "check": "xxh3-64"}
    check(engine == known, "engine.json, or it is newer")
    size, blocks = read_manifest(os.path.join(pool, "snapshots", snapshot))
    found = {}
    for number in sorted(os.listdir(os.path.join(pool, "segments"))):
        for codec, plain, name, payload in walk(open(os.path.join(pool, "segments", number), "rb").read()):
            if name in blocks:
                found.setdefault(name, unpack(codec, plain, payload))
    with open(image, "wb") as out:
        for index, name in enumerate(blocks):
            if name is None:
                continue
            check(name in found and hashlib.sha256(found[name]).digest() == name, "block %d" % index)
            check(len(found[name]) == min(BLOCK, size - index * BLOCK), "the length of block %d" % index)
            out.seek(index * BLOCK)
            out.write(found[name])
        out.truncate(size)


main(*sys.argv[1:])
