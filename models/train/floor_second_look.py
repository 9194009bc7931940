#!/usr/bin/env python3
"""Fits the weights of engine/floor/src/second_look.rs. numpy only.

  viva floor --cases TRAIN --out /dev/null --trace TRAIN/trace.jsonl
  floor_second_look.py --labels TRAIN/labels.jsonl --trace TRAIN/trace.jsonl

TRAIN holds composed cases of training speakers only. Prints both tables: rows are knots of silence, columns the constant, the log odds
of the end now, their mean at the onset of the pause less those of now, the log odds of the end-of-turn network's opinion.
Ridge towards the forecast as it is (weight 1 for now, 0 for the rest); every fifth tick of a pause, the fifth part of a count each.
"""
import argparse, json
import numpy as np

KNOTS = np.array([.8, 1.4, 2.0, 2.8])
ONSET, LIMIT, LONGEST = (.2, .6), 6.0, 3.2
RIDGE, RIDGE_CONSTANT, WEIGHT = 2.0, 0.1, 0.2


def log_odds(p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def hats(s):
    """share of each knot at silence s: linear interpolation"""
    s = np.clip(s, KNOTS[0], KNOTS[-1])
    i = np.clip(np.searchsorted(KNOTS, s, 'left') - 1, 0, len(KNOTS) - 2)
    f, h = (s - KNOTS[i]) / (KNOTS[i + 1] - KNOTS[i]), np.zeros((len(s), len(KNOTS)))
    h[np.arange(len(s)), i], h[np.arange(len(s)), i + 1] = 1 - f, f
    return h


def samples(labels, trace):
    """-> rows (silence, now, onset - now, opinion), whether the turn was over"""
    truth, x, y = {l['id']: l for l in map(json.loads, open(labels))}, [], []
    for line in open(trace):
        t = json.loads(line)
        case = truth[t['case']]
        asked = case['agent'][-1][1]
        opinion = {start: (at, p) for start, at, p in t['opinions']}
        pause, onset = None, []
        for at, speaking, start, _turn, _pace, _longest, _voice, *outcome in t['ticks']:
            if at <= 1e3 * asked or speaking:
                pause = None
                continue
            if pause != start:
                pause, onset = start, []
            s, now = (at - start) / 1e3, float(log_odds(outcome[-1]))
            if ONSET[0] <= s <= ONSET[1]:
                onset.append(now)
            over = at / 1e3 > case['end']
            if not over and not any(h['start'] < at / 1e3 <= h['end'] for h in case['holds']):
                continue                                    # late by the tracker's own delay: the candidate speaks
            heard, p = opinion.get(start, (1e12, 0))
            if s <= KNOTS[0] or s >= LONGEST or round(s * 50) % 5 or at < heard:
                continue
            then = np.mean(onset) - now if s > ONSET[1] and onset else 0.0
            x.append((s, now, then, float(np.clip(log_odds(p), -LIMIT, LIMIT))))
            y.append(over)
    return np.array(x), np.array(y, float)


def fit(x, y, columns):
    """ridge logistic regression by Newton steps; the first knot stays as it is"""
    f = np.column_stack([np.ones(len(x)), x[:, 1:]])[:, :columns]
    h = hats(x[:, 0])
    d = (h[:, 1:, None] * f[:, None, :]).reshape(len(x), -1)
    fixed, w0 = h[:, 0] * f[:, 1], np.tile(np.eye(columns)[1], len(KNOTS) - 1)
    ridge = RIDGE * np.tile(np.where(np.arange(columns) == 0, RIDGE_CONSTANT / RIDGE, 1.0), len(KNOTS) - 1)
    w = w0.copy()
    for _ in range(50):
        p = 1 / (1 + np.exp(-(d @ w + fixed)))
        g = WEIGHT * d.T @ (p - y) + ridge * (w - w0)
        step = np.linalg.solve(WEIGHT * (d * (p * (1 - p))[:, None]).T @ d + np.diag(ridge), g)
        w -= step
        if np.abs(step).max() < 1e-9:
            break
    return w.reshape(len(KNOTS) - 1, columns)


if __name__ == '__main__':
    ap = argparse.ArgumentParser()
    ap.add_argument('--labels', required=True)
    ap.add_argument('--trace', required=True)
    a = ap.parse_args()
    x, y = samples(a.labels, a.trace)
    print(f'{len(x)} ticks, {int(y.sum())} after the end')
    for name, columns in (('WITH_OPINION', 4), ('WITHOUT_OPINION', 3)):
        print(name)
        for row in fit(x, y, columns):
            print('    [' + ', '.join(f'{v:.3f}' for v in list(row) + [0.0] * (4 - columns)) + '],')
