#!/usr/bin/env python3
"""Digest of every tensor file that the reference converters left, for models/tests/parity.rs.

usage: converted_digests.py ASSETS_DIR > converted_digests.json

A digest is the SHA-256 over all tensors by name: "<name> <dtype> <shape, comma separated>\\n", then the data. It does not depend on the order in
which a writer lays tensors or metadata into the file. Needs nothing but Python; run on what the reference programs wrote, never on what the Rust
converters wrote."""
import hashlib, json, os, struct, sys


def digest(path):
    with open(path, "rb") as f:
        head = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    meta = head.pop("__metadata__", {})
    h, elements = hashlib.sha256(), 0
    for name in sorted(head):
        t = head[name]
        a, b = t["data_offsets"]
        h.update(f"{name} {t['dtype']} {','.join(map(str, t['shape']))}\n".encode())
        h.update(data[a:b])
        n = 1
        for d in t["shape"]:
            n *= d
        elements += n
    return {"tensors": len(head), "elements": elements, "sha256": h.hexdigest(),
            "metadata": {k: hashlib.sha256(v.encode()).hexdigest() for k, v in sorted(meta.items())}}


def main(root):
    out = {}
    for asset in sorted(os.listdir(root)):
        for file in sorted(os.listdir(os.path.join(root, asset))):
            if file.endswith(".safetensors") and asset != "embed-minilm-l6-v2":
                out[f"{asset}/{file}"] = digest(os.path.join(root, asset, file))
    json.dump(out, sys.stdout, indent=1)
    print()


main(sys.argv[1])
