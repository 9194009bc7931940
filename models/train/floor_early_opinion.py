#!/usr/bin/env python3
"""Fits the weights of engine/floor/src/second_look.rs before 0.8 s of silence. numpy only.

  viva floor --cases TRAIN --out decisions.jsonl --trace TRAIN/trace.jsonl
  floor_early_opinion.py --labels TRAIN/labels.jsonl --trace TRAIN/trace.jsonl

TRAIN as for floor_second_look.py. One logistic regression for each of three windows of silence, on every tick at least 300 ms into a
pause, where the opinion counts as there: columns are the constant, the log odds of the end now, those of the end-of-turn network's
opinion. A knot has the mean of the two windows that it parts.
"""
import argparse, json
import numpy as np

WINDOWS, ARRIVES_MS, LIMIT, RIDGE = [(.3, .45), (.45, .6), (.6, .8)], 300, 6.0, 0.01


def log_odds(p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def samples(labels, trace):
    """-> rows (silence, now, opinion), whether the turn was over"""
    truth, x, y = {l['id']: l for l in map(json.loads, open(labels))}, [], []
    for line in open(trace):
        t = json.loads(line)
        case = truth[t['case']]
        opinion = {start: p for start, _at, p in t['opinions']}
        for at, speaking, start, _turn, _pace, _longest, _voice, *outcome in t['ticks']:
            over = at / 1e3 > case['end']
            paused = over or any(h['start'] < at / 1e3 <= h['end'] for h in case['holds'])
            if at <= 1e3 * case['agent'][-1][1] or speaking or not paused or start not in opinion or at < start + ARRIVES_MS:
                continue
            x.append(((at - start) / 1e3, log_odds(outcome[-1]), np.clip(log_odds(opinion[start]), -LIMIT, LIMIT)))
            y.append(over)
    return np.array(x), np.array(y, float)


def fit(f, y):
    w = np.zeros(f.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-f @ w))
        step = np.linalg.solve((f * (p * (1 - p))[:, None]).T @ f + RIDGE * np.eye(len(w)), f.T @ (p - y) + RIDGE * w)
        w -= step
        if np.abs(step).max() < 1e-9:
            break
    return w


if __name__ == '__main__':
    ap = argparse.ArgumentParser()
    ap.add_argument('--labels', required=True)
    ap.add_argument('--trace', required=True)
    a = ap.parse_args()
    x, y = samples(a.labels, a.trace)
    windows = []
    for after, until in WINDOWS:
        m = (x[:, 0] > after) & (x[:, 0] <= until)
        windows.append(fit(np.column_stack([np.ones(m.sum()), x[m, 1:]]), y[m]))
        print(f'{after} to {until} s, {int(m.sum())} ticks:', windows[-1].round(3))
    for (_, knot), left, right in zip(WINDOWS, windows, windows[1:]):
        print(f'knot {knot} s:', ((left + right) / 2).round(3))
