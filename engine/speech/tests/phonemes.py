#!/usr/bin/env python3
"""Writes phonemes.tsv: how hibari-tts==0.2.1 reads the sentences of the first file given.

usage: phonemes.py sentences.txt > phonemes.tsv     (needs hibari-tts, numpy, onnxruntime)

Rows `text<TAB>sentence<TAB>phonemes` and `oov<TAB>word<TAB>phonemes` for each word that its network read."""
import sys
from hibari.g2p import G2P

g2p = G2P()
network, asked = g2p.oov, {}


def recorded(word):
    asked[word] = network(word)
    return asked[word]


g2p._oov = recorded
for line in open(sys.argv[1], encoding="utf-8"):
    line = line.rstrip("\n")
    if line:
        print("text", line, g2p(line), sep="\t")
for word, phonemes in asked.items():
    print("oov", word, phonemes or "", sep="\t")
