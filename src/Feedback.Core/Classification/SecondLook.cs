namespace Cea.Feedback.Classification;

/// <summary>Trains the second look at type, topics, urgency and sensitivity on out-of-fold log odds, and draws the cuts on outputs that themselves were out of fold.</summary>
internal sealed class SecondLook
{
    private const int Folds = 4;
    private const float Strictness = 0.003f;
    private readonly List<CodedText> _rows;
    private readonly string[] _heads;
    private readonly float[] _odds;
    private readonly int[] _fold;
    private readonly int _threads;

    public SecondLook(List<CodedText> rows, string[] heads, float[] scores, Calibration[] calibrations, int threads)
    {
        (_rows, _heads, _threads) = (rows, heads, threads);
        _odds = new float[scores.Length];
        for (var k = 0; k < scores.Length; k++)
            _odds[k] = calibrations[k % heads.Length].OddsOf(scores[k]);
        var random = new Random(7);
        var ofScenario = rows.Select(r => r.Scenario).Distinct().ToDictionary(s => s, _ => random.Next(Folds), StringComparer.Ordinal);
        _fold = [.. rows.Select(r => ofScenario[r.Scenario])];
    }

    public (DenseHead[] Heads, BundleCuts Cuts) Fit(CancellationToken ct)
    {
        var (type, typeP) = Fit("type", oneOf: true);
        ct.ThrowIfCancellationRequested();
        var (topic, topicP) = Fit("topic", oneOf: false);
        ct.ThrowIfCancellationRequested();
        var (urgency, urgencyP) = Fit("urgency", oneOf: true);
        ct.ThrowIfCancellationRequested();
        var (sensitivity, sensitivityP) = Fit("sensitivity", oneOf: false);
        _ = typeP;
        return ([type, topic, urgency, sensitivity], Cuts(topic, topicP, urgency, urgencyP, sensitivityP));
    }

    /// <summary>The second look of a model whose texts have exactly one label each.</summary>
    /// <param name="scores">texts × labels, by heads that did not see the text.</param>
    public static DenseHead OfOne(LinearModel model, float[] scores, bool[] truth)
    {
        var heads = model.Labels.Count;
        var odds = new float[scores.Length];
        for (var k = 0; k < scores.Length; k++)
            odds[k] = model.Calibrations[k % heads].OddsOf(scores[k]);
        return DenseHead.Fit("label", [.. model.Labels], [.. Enumerable.Range(0, heads)], oneOf: true, heads, odds, truth, [.. Enumerable.Range(0, scores.Length / heads)], Strictness);
    }

    private (DenseHead Head, float[] OutOfFold) Fit(string kind, bool oneOf)
    {
        int[] own = [.. _heads.Index().Where(h => h.Item.StartsWith(kind + ":", StringComparison.Ordinal)).Select(h => h.Index)];
        string[] labels = [.. own.Select(h => _heads[h][(kind.Length + 1)..])];
        var truth = new bool[_rows.Count * labels.Length];
        for (var i = 0; i < _rows.Count; i++)
        {
            foreach (var head in _rows[i].Heads)
            {
                if (Array.IndexOf(_heads, head) is var at && Array.IndexOf(own, at) is var o and >= 0)
                    truth[i * labels.Length + o] = true;
            }
        }
        var p = new float[_rows.Count * labels.Length];
        DenseHead? head_ = null;
        Parallel.For(0, Folds + 1, Training.Limit(_threads, CancellationToken.None), f =>
        {
            var head = DenseHead.Fit(kind, labels, own, oneOf, _heads.Length, _odds, truth, [.. Enumerable.Range(0, _rows.Count).Where(i => _fold[i] != f)], Strictness);
            if (f == Folds)
                head_ = head;
            for (var i = 0; i < _rows.Count && f < Folds; i++)
            {
                if (_fold[i] == f)
                    head.Score(_odds.AsSpan(i * _heads.Length, _heads.Length), p.AsSpan(i * labels.Length, labels.Length));
            }
        });
        return (head_!, p);
    }

    private BundleCuts Cuts(DenseHead topic, float[] topicP, DenseHead urgency, float[] urgencyP, float[] sensitivityP)
    {
        var n = _rows.Count;
        int C = Array.IndexOf(urgency.Labels, "critical"), H = Array.IndexOf(urgency.Labels, "high"), levels = urgency.Labels.Length;
        float[] one = [.. Enumerable.Range(0, n).Select(i => Math.Max(sensitivityP[i * 2], sensitivityP[i * 2 + 1]))], two = [.. Enumerable.Range(0, n).Select(i => sensitivityP[i * 2 + 1])];
        float[] critical = [.. Enumerable.Range(0, n).Select(i => urgencyP[i * levels + C])], grave = [.. Enumerable.Range(0, n).Select(i => urgencyP[i * levels + C] + urgencyP[i * levels + H])];
        bool[] isOne = [.. _rows.Select(r => r.Sensitivity > 0)], isTwo = [.. _rows.Select(r => r.Sensitivity > 1)], isCritical = [.. _rows.Select(r => r.Urgency == "critical")], isGrave = [.. _rows.Select(r => r.Urgency is "critical" or "high")];

        // Out of fold, by heads that saw a part only: the finished ones find more (docs/classifier.md). Chosen so that what protects stays above .95 there, and as few plain messages as can be are held up.
        var classOne = Math.Min(Thresholds.BestF1(one, isOne), 0.5f);
        var checkTwo = Thresholds.ForRecall(two, isTwo, 0.92);
        var checkOne = Math.Min(classOne, Thresholds.ForRecall(one, isTwo, 0.955));
        return new(
            Extra: BestExtra(topic, topicP), GroupBelow: 0.12f, GroupAbove: 0.35f,
            Critical: Thresholds.BestF1(critical, isCritical), High: Math.Min(0.5f, Thresholds.ForRecall(grave, isCritical, 0.94)), CriticalAsHigh: Thresholds.ForRecall(critical, isCritical, 0.88),
            ClassOne: classOne, ClassTwo: Thresholds.BestF1(two, isTwo), CheckOne: checkOne, CheckTwo: checkTwo, KnownLeast: 0.15f, SecondLanguage: 0.15f);
    }

    /// <summary>The probability from which a topic beside the main one is worth saying: best micro F1.</summary>
    private float BestExtra(DenseHead topic, float[] p)
    {
        var (best, cut) = (0.0, 0.5f);
        for (var c = 0.1f; c < 0.9f; c += 0.02f)
        {
            var (hit, said, all) = (0, 0, 0);
            for (var i = 0; i < _rows.Count; i++)
            {
                var row = p.AsSpan(i * topic.Labels.Length, topic.Labels.Length);
                var main = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(row);
                all += _rows[i].Topics.Length;
                for (var o = 0; o < row.Length; o++)
                {
                    if (o != main && row[o] < c)
                        continue;
                    said++;
                    hit += _rows[i].Topics.Contains(topic.Labels[o]) ? 1 : 0;
                }
            }
            var f1 = 2.0 * hit / (said + all);
            if (f1 > best)
                (best, cut) = (f1, c);
        }
        return cut;
    }
}
