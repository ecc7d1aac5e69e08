#!/usr/bin/env python3
"""What a good engineer would reach for, on the same split: scikit-learn and fastText, as Debian packages them.

    rivals.py TRAIN.tsv DEV.tsv OUT [--one-of] [--by COLUMN] [--only NAME,NAME] [--dim N]

Tables have a header with id, text and labels (joined by |). Writes OUT/NAME.tuned.tsv and OUT/NAME.global.tsv (id, labels) for each rival and prints NAME, training seconds,
messages a second and what was chosen, joined by tabs. C is chosen on one third of train, thresholds on scores that three folds of train gave to what they had not seen: dev is only
measured on. --one-of: exactly one label a text. --by: one model for each value of a column.
"""
import argparse, os, subprocess, sys, tempfile, time
import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC


def table(path):
    with open(path, encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        return [dict(zip(head, line.rstrip("\n").split("\t"))) for line in f]


class Features:
    def __init__(self, texts, least):
        self.parts = [TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=least, token_pattern=r"(?u)\b\w+\b"),
                      TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=least)]
        self.train = hstack([p.fit_transform(texts) for p in self.parts]).tocsr()

    def of(self, texts):
        return hstack([p.transform(texts) for p in self.parts]).tocsr()


def model(name, c):
    one = LinearSVC(C=c) if name == "LinearSVC" else LogisticRegression(C=c, solver="liblinear")
    return OneVsRestClassifier(one)


def best_cut(scores, truth):
    order = np.argsort(-scores)
    hits = np.cumsum(truth[order])
    if hits[-1] == 0:
        return np.inf
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + hits[-1])
    at = int(np.argmax(f1))
    s = scores[order]
    return (s[at] + s[at + 1]) / 2 if at + 1 < len(s) else s[at]


def f1(truth, said):
    return 2 * (truth & said).sum() / max(1, truth.sum() + said.sum())


def scikit(name, costs, texts, truth, dev_texts, one_of, folds):
    started = time.time()
    x = Features(texts, 1 if one_of else 2)
    reading = time.time() - started
    fold = np.random.RandomState(7).randint(0, folds, len(texts))

    def fit(c, rows):
        m = model(name, c)
        m.fit(x.train[rows], truth[rows].astype(int) if not one_of else truth[rows].argmax(1))
        return m

    def decide(m, f):
        s = m.decision_function(f) if name == "LinearSVC" else m.predict_proba(f)
        return np.column_stack([-s, s]) if s.ndim == 1 else s
    best, chosen = -1, costs[0]
    for c in costs if len(costs) > 1 else []:
        s = decide(fit(c, fold != 0), x.train[fold == 0])
        t = truth[fold == 0]
        quality = (s.argmax(1) == t.argmax(1)).mean() if one_of else f1(t, s > best_cut(s.ravel(), t.ravel()))
        best, chosen = max((best, chosen), (quality, c))
    started = time.time()
    final = fit(chosen, np.arange(len(texts)))
    seconds = reading + time.time() - started
    started = time.time()
    dev = decide(final, x.of(dev_texts))
    rate = len(dev_texts) / (time.time() - started)
    out_of_fold = None
    if not one_of:
        out_of_fold = np.zeros(truth.shape)
        for k in range(folds):
            out_of_fold[fold == k] = decide(fit(chosen, fold != k), x.train[fold == k])
    return dev, out_of_fold, seconds, rate, "C %g" % chosen


def fasttext(texts, truth, dev_texts, one_of, folds, dim):
    import re
    plain = lambda t: " ".join(re.findall(r"\w+|[^\w\s]", t.lower()))
    labels = truth.shape[1]
    with tempfile.TemporaryDirectory() as d:
        def write(path, rows, tags):
            with open(path, "w", encoding="utf-8") as f:
                for t, row in zip(rows, tags):
                    f.write(" ".join("__label__%d" % k for k in np.flatnonzero(row)) + " " + plain(t) + "\n" if tags is not rows else plain(t) + "\n")

        def fit(rows, to):
            write(d + "/t", [texts[i] for i in rows], truth[rows])
            subprocess.run(["fasttext", "supervised", "-input", d + "/t", "-output", to, "-loss", "softmax" if one_of else "ova", "-wordNgrams", "2", "-minn", "2", "-maxn", "5",
                            "-dim", str(dim), "-bucket", "500000", "-lr", "0.5", "-epoch", "25", "-thread", "1", "-verbose", "0"], check=True)

        def predict(m, rows):
            write(d + "/p", rows, rows)
            said = subprocess.run(["fasttext", "predict-prob", m + ".bin", d + "/p", str(labels)], check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")
            s = np.zeros((len(rows), labels))
            for i, line in enumerate(said[:len(rows)]):
                w = line.split()
                for tag, p in zip(w[::2], w[1::2]):
                    s[i, int(tag[9:])] = float(p)
            return s

        def seconds_of(times):
            write(d + "/p", dev_texts * times, dev_texts * times)
            started = time.time()
            subprocess.run(["fasttext", "predict", d + "/m.bin", d + "/p"] + (["1"] if one_of else ["-1", "0.5"]), check=True, stdout=subprocess.DEVNULL)
            return time.time() - started
        started = time.time()
        fit(np.arange(len(texts)), d + "/m")
        seconds = time.time() - started
        dev = predict(d + "/m", dev_texts)
        rate = 20 * len(dev_texts) / max(1e-9, min(seconds_of(21) for _ in range(3)) - min(seconds_of(1) for _ in range(3)))
        out_of_fold = None
        if not one_of:
            fold = np.random.RandomState(7).randint(0, folds, len(texts))
            out_of_fold = np.zeros(truth.shape)
            for k in range(folds):
                fit(np.flatnonzero(fold != k), d + "/f")
                out_of_fold[fold == k] = predict(d + "/f", [texts[i] for i in np.flatnonzero(fold == k)])
    return dev, out_of_fold, seconds, rate, "dim %d" % dim


def main():
    a = argparse.ArgumentParser()
    a.add_argument("train"), a.add_argument("dev"), a.add_argument("out")
    a.add_argument("--one-of", action="store_true"), a.add_argument("--by"), a.add_argument("--only", default="LinearSVC,LogisticRegression,fastText"), a.add_argument("--dim", type=int, default=50)
    a = a.parse_args()
    train, dev = table(a.train), table(a.dev)
    names = sorted({l for r in train for l in r["labels"].split("|") if l})
    at = {l: i for i, l in enumerate(names)}

    def truth_of(rows):
        t = np.zeros((len(rows), len(names)), bool)
        for i, r in enumerate(rows):
            t[i, [at[l] for l in r["labels"].split("|") if l]] = True
        return t
    costs = {"LinearSVC": [0.05, 0.1, 0.3] if not a.one_of else [0.1, 0.3, 1], "LogisticRegression": [1, 4] if not a.one_of else [4, 16]}
    for name in a.only.split(","):
        tuned, one_cut, seconds, rates, chosen = {}, {}, 0, [], []
        for part in sorted({r[a.by] for r in train}) if a.by and name != "fastText" else [None]:
            rows = [r for r in train if part is None or r[a.by] == part]
            asked = [r for r in dev if part is None or r[a.by] == part]
            texts, asked_texts, truth = [r["text"] for r in rows], [r["text"] for r in asked], truth_of(rows)
            used = truth.any(0) if a.one_of else np.ones(len(names), bool)
            truth = truth[:, used]
            own = [n for n, u in zip(names, used) if u]
            s, o, took, rate, how = (fasttext(texts, truth, asked_texts, a.one_of, 3, a.dim) if name == "fastText"
                                     else scikit(name, costs[name], texts, truth, asked_texts, a.one_of, 3))
            seconds, rates, chosen = seconds + took, rates + [rate], chosen + [how]
            cuts = None if a.one_of else [best_cut(o[:, k], truth[:, k]) for k in range(len(own))]
            cut = None if a.one_of else best_cut(o.ravel(), truth.ravel())
            for i, r in enumerate(asked):
                tuned[r["id"]] = [own[s[i].argmax()]] if a.one_of else [own[k] for k in range(len(own)) if s[i, k] >= cuts[k]]
                one_cut[r["id"]] = tuned[r["id"]] if a.one_of else [own[k] for k in range(len(own)) if s[i, k] >= cut]
        for kind, said in (("tuned", tuned), ("global", one_cut)):
            with open("%s/%s.%s.tsv" % (a.out, name, kind), "w", encoding="utf-8") as f:
                f.write("id\tlabels\n")
                f.writelines("%s\t%s\n" % (k, "|".join(v)) for k, v in said.items())
        print("%s\t%.1f\t%.0f\t%s" % (name, seconds, np.mean(rates), max(set(chosen), key=chosen.count)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
