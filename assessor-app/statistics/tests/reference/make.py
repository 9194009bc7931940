"""Writes ratings.csv and golden.json: made-up ratings, and their figures by other people's libraries.

Needs numpy, scipy, pandas, scikit-learn 1.9.1, pingouin 0.7.0, krippendorff 0.9.0, statsmodels 0.15.0:

    python make.py
"""
import csv, itertools, json, pathlib, warnings
import krippendorff, numpy as np, pandas as pd, pingouin
from scipy import optimize, stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.contingency_tables import StratifiedTable

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent
RATERS, CRITERIA = ["ada", "ben", "machine"], ["closing", "contact", "safety"]
rng = np.random.default_rng(11)


def make():
    rows = []
    for s in range(60):
        ability = rng.normal(0, 1.3)
        if s % 2 == 0: group = "de" if rng.random() < .45 else "en"  # two sessions of one candidate
        passed = ability - (.5 if group == "de" else 0) > -.4
        for j, c in enumerate(CRITERIA):
            for r, severity in zip(RATERS, (.4, -.3, .1)):
                if r == "ben" and rng.random() < .25:
                    continue
                level = int(np.clip(round(2.5 + ability * .8 - severity - .3 * j - .7 * (c == 'safety' and group == 'de') + rng.normal(0, .55)), 1, 4))
                rows.append(dict(session=f"s{s:02}", criterion=c, rater=r, level="" if r == "ada" and s % 17 == 0 else level,
                                 candidate=f"c{s // 2:02}", passed="yes" if passed else "no", language=group))
    with open(HERE / "ratings.csv", "w", newline="") as f:
        w = csv.DictWriter(f, rows[0].keys(), lineterminator="\n"); w.writeheader(); w.writerows(rows)
    return pd.DataFrame([dict(r, level=np.nan if r["level"] == "" else float(r["level"])) for r in rows])


def pairs(d, a, b):
    w = d.pivot(index=["session", "criterion"], columns="rater", values="level")[[a, b]].dropna()
    return w[a].to_numpy(int), w[b].to_numpy(int)


def agreement(d):
    kappa = lambda a, b, w: cohen_kappa_score(*pairs(d, a, b), weights=w)
    size = lambda a, b: len(pairs(d, a, b)[0])
    humans = RATERS[:2]
    mean = lambda w: np.average([kappa(h, "machine", w) for h in humans], weights=[size(h, "machine") for h in humans])
    x = np.concatenate([pairs(d, h, "machine")[0] for h in humans]); y = np.concatenate([pairs(d, h, "machine")[1] for h in humans])
    wide = d.pivot(index=["session", "criterion"], columns="rater", values="level")
    full = wide.dropna().reset_index().melt(id_vars=["session", "criterion"], value_name="level", var_name="rater")
    full["unit"] = full.session + full.criterion
    icc = pingouin.intraclass_corr(full, targets="unit", raters="rater", ratings="level").set_index("Type")["ICC"]
    single, mean_of = [icc[k] for k in icc.index if k in ("ICC(A,1)", "ICC2")] or [None], [icc[k] for k in icc.index if k in ("ICC(A,k)", "ICC2k")] or [None]
    al = lambda raters, level: krippendorff.alpha(reliability_data=wide[raters].to_numpy().T, level_of_measurement=level)
    out = dict(qwk=mean("quadratic"), linear_kappa=mean("linear"), human_qwk=kappa("ada", "ben", "quadratic"), unweighted_ada=kappa("ada", "machine", None),
               pearson=np.corrcoef(x, y)[0, 1], smd=(y.mean() - x.mean()) / np.sqrt((y.var() + x.var()) / 2), bias=(y - x).mean(),
               exact=(x == y).mean(), adjacent=(abs(x - y) <= 1).mean(), human_alpha=al(humans, "ordinal"), alpha=al(RATERS, "ordinal"),
               alpha_nominal=al(RATERS, "nominal"), alpha_interval=al(RATERS, "interval"), icc=single[0], icc_mean=mean_of[0], icc_n=len(full) // 3)
    out["degradation"] = out["human_qwk"] - out["qwk"]
    return out


def facets(d):
    """The joint likelihood by a general optimiser, without sessions at one end of the scale."""
    d = d.dropna(subset=["level"])
    while True:
        low, high = d.level.min(), d.level.max()
        ends = d.groupby("session")["level"].agg(["min", "max"]); ends = ends[(ends["max"] == low) | (ends["min"] == high)].index
        if not len(ends): break
        d = d[~d.session.isin(ends)]
    names = [sorted(d[c].unique()) for c in ("session", "criterion", "rater")]
    at = [d[c].map({n: i for i, n in enumerate(ns)}).to_numpy() for c, ns in zip(("session", "criterion", "rater"), names)]
    levels = sorted(d.level.unique()); k = d.level.map({l: i for i, l in enumerate(levels)}).to_numpy(); m = len(levels) - 1
    sizes = [len(names[0]), len(names[1]) - 1, len(names[2]) - 1, m - 1]
    cut = np.cumsum(sizes)[:-1]
    whole = lambda v: np.append(v, -v.sum())
    def logits(v):
        b, dd, c, f = np.split(v, cut); dd, c, f = whole(dd), whole(c), whole(f)
        z = (b[at[0]] - dd[at[1]] - c[at[2]])[:, None] * np.arange(m + 1) - np.concatenate([[0], np.cumsum(f)])
        return z - np.logaddexp.reduce(z, axis=1, keepdims=True), dd, c, f
    def loss(v):
        z, *_ = logits(v); p = np.exp(z); r = k - p @ np.arange(m + 1)
        above = (k[:, None] > np.arange(m)) - np.cumsum(p[:, ::-1], axis=1)[:, ::-1][:, 1:]
        g = [np.bincount(at[0], r, sizes[0])]
        for i, n in ((1, len(names[1])), (2, len(names[2]))):
            full = -np.bincount(at[i], r, n); g.append(full[:-1] - full[-1])
        full = -above.sum(0); g.append(full[:-1] - full[-1])
        return -z[np.arange(len(k)), k].sum(), -np.concatenate(g)
    best = optimize.minimize(loss, np.zeros(sum(sizes)), jac=True, method="BFGS", options=dict(gtol=1e-9, maxiter=5000))
    z, dd, c, f = logits(best.x); p = np.exp(z); e = p @ np.arange(m + 1); v = p @ np.arange(m + 1) ** 2 - e ** 2
    return dict(severity=dict(zip(names[2], c)), difficulty=dict(zip(names[1], dd)), steps=list(f), extreme=60 - len(names[0]),
                infit={n: ((k - e)[at[2] == i] ** 2).sum() / v[at[2] == i].sum() for i, n in enumerate(names[2])},
                standard_error={n: 1 / np.sqrt(v[at[2] == i].sum()) for i, n in enumerate(names[2])})


def dif(d, criterion, met_from=3):
    m = d[d.rater == "machine"].pivot(index="session", columns="criterion", values="level") >= met_from
    info = d.drop_duplicates("session").set_index("session")
    score = m.sum(axis=1); focal = info.language.reindex(m.index) == "de"
    tables = []
    for s in sorted(score.unique()):
        cell = lambda f, ok: int(((score == s) & (focal == f) & (m[criterion] == ok)).sum())
        t = np.array([[cell(False, True), cell(False, False)], [cell(True, True), cell(True, False)]], float)
        if (t.sum(1) > 0).all(): tables.append(t)
    s = StratifiedTable(tables)
    excess = abs(sum(t[0, 0] - t[0].sum() * t[:, 0].sum() / t.sum() for t in tables))
    # The correction may not turn a difference under a half into a larger one; statsmodels lets it.
    chi = s.test_null_odds(correction=True).statistic if excess > .5 else 0.
    return dict(odds_ratio=s.oddsratio_pooled, d_dif=-2.35 * np.log(s.oddsratio_pooled), standard_error=2.35 * s.logodds_pooled_se,
                chi_square=chi, p=stats.chi2.sf(chi, 1), n=int(sum(t.sum() for t in tables)))


def groups(d):
    out = {}
    info = d.drop_duplicates("session")
    rates = info.assign(ok=info.passed == "yes").groupby("language").ok.mean()
    for g in rates.index:
        own = d[d.language == g]
        x = np.concatenate([pairs(own, h, "machine")[0] for h in RATERS[:2]]); y = np.concatenate([pairs(own, h, "machine")[1] for h in RATERS[:2]])
        out[g] = dict(pass_rate=rates[g], ratio=rates[g] / rates.max(), smd=(y.mean() - x.mean()) / np.sqrt((y.var() + x.var()) / 2))
    return out


def plain(v):
    if isinstance(v, dict): return {k: plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)): return [plain(x) for x in v]
    return float(v) if isinstance(v, (np.floating, float)) else int(v) if isinstance(v, (np.integer, int)) else v


d = make()
gold = dict({c: agreement(d[d.criterion == c]) for c in CRITERIA}, all=agreement(d), facets=facets(d),
            dif={c: dif(d, c) for c in CRITERIA}, groups=groups(d))
(HERE / "golden.json").write_text(json.dumps(plain(gold), indent=1) + "\n")
