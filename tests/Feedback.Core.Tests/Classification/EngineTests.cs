using System.Diagnostics;
using Cea.Feedback.Classification;

namespace Cea.Feedback.Core.Tests.Classification;

public sealed class EngineTests
{
    [Theory]
    [InlineData("Agua, por favor", "agua por favor")]
    [InlineData("AYUDAAAAA", "ayuda")]
    [InlineData("mañana a las 5", "manana a las 5")]
    [InlineData("llame +34 600111222", "llame 34 000000000")]
    [InlineData("mira https://x.test/a?b=1 ya", "mira 0url ya")]
    [InlineData("wat\u00ADer po\u200Dint", "water point")]
    [InlineData("3afakom lma", "3afakom lma")]
    [InlineData("مــــاء", "ماء")]
    [InlineData("没有水", "没 有 水")]
    [InlineData("ok 👍🏽 thanks", "ok 👍 thanks")]
    [InlineData("pаy", "pay")] // its a is Cyrillic
    [InlineData("", "")]
    public void Words_are_folded(string text, string words)
    {
        var scan = new TextScan();
        scan.Read(text);
        var folded = new List<string>();
        foreach (var token in scan.Tokens)
            folded.Add(scan.Folded(token).Trim(' ').ToString());
        string.Join(' ', folded).ShouldBe(words);
    }

    [Fact]
    public void A_word_knows_its_place_in_the_text()
    {
        var text = "¡Hola! ¿dónde hay AGUA?";
        var scan = new TextScan();
        scan.Read(text);
        scan.Tokens.ToArray().Select(t => text[t.SourceStart..t.SourceEnd]).ShouldBe(["Hola", "dónde", "hay", "AGUA"]);
    }

    [Fact]
    public void Reading_stops_at_the_limit_and_time_grows_with_length_only()
    {
        var (scan, list) = (new TextScan(), new FeatureList());
        double Milliseconds(string text)
        {
            var best = double.MaxValue;
            for (var round = 0; round < 20; round++)
            {
                var clock = Stopwatch.StartNew();
                scan.Read(text);
                list.Collect(scan, FeatureSpec.Codes);
                best = Math.Min(best, clock.Elapsed.TotalMilliseconds);
            }
            return best;
        }
        foreach (var unit in new[] { "a", "a ", "ﷺ", "ﷺ ", "水", "👍", "ab1 ", "e\u0301" })
        {
            var (one, all) = (Milliseconds(string.Concat(Enumerable.Repeat(unit, 1000 / unit.Length))), Milliseconds(string.Concat(Enumerable.Repeat(unit, 1_000_000 / unit.Length))));
            scan.Count.ShouldBeLessThanOrEqualTo(TextScan.Limit);
            all.ShouldBeLessThan(one * 40 + 3, unit); // four times the units are read, and a million looked at for accents
        }
    }

    [Theory]
    [InlineData(16), InlineData(32), InlineData(48), InlineData(64), InlineData(80), InlineData(144)]
    public void Sums_of_bytes_are_exact_whatever_their_number(int stride)
    {
        const int Rows = 700;
        var random = new Random(3);
        var weights = new sbyte[Rows * stride];
        foreach (ref var w in weights.AsSpan())
            w = (sbyte)random.Next(-127, 128);
        weights.AsSpan(0, stride).Fill(127);
        foreach (var count in new[] { 1, 255, 256, 257, 5000 })
        {
            int[] rows = [.. Enumerable.Range(0, count).Select(i => count == 257 ? 0 : random.Next(Rows))];
            var sums = new int[stride];
            unsafe
            {
                fixed (sbyte* w = weights)
                fixed (int* r = rows, s = sums)
                    Vectors.Sum(w, stride, r, count, s);
            }
            for (var h = 0; h < stride; h++)
                sums[h].ShouldBe(rows.Sum(r => weights[r * stride + h]));
        }
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public void The_solver_reaches_the_optimum(bool logistic)
    {
        string[] texts = ["no water here", "the tap is dry", "need water now", "cold food again", "no food left", "rice and food"];
        bool[] truth = [true, true, true, false, false, false];
        var spec = FeatureSpec.Codes with { MinTexts = 1, IdBits = 16 };
        var x = Examples.Of(texts, spec, CancellationToken.None);
        var options = new TrainingOptions(Cost: 1, Logistic: logistic, Rounds: 500);
        var w = Training.Train(x, truth, 1, [0, 1, 2, 3, 4, 5], options, CancellationToken.None);
        double Objective(float scale)
        {
            var scores = new float[6];
            Training.Score(x, new Weights([.. w.Rows.Select(v => v * scale)], [w.Bias[0] * scale], w.Stride), 1, [0, 1, 2, 3, 4, 5], scores);
            var norm = w.Rows.Sum(v => (double)v * v) + w.Bias[0] * w.Bias[0];
            var loss = scores.Select((s, i) => logistic ? Math.Log(1 + Math.Exp(truth[i] ? -s : s)) : Math.Pow(Math.Max(0, 1 - (truth[i] ? s : -s)), 2)).Sum();
            return norm * scale * scale / 2 + options.Cost * loss;
        }
        Objective(1).ShouldBeLessThanOrEqualTo(Objective(0.97f));
        Objective(1).ShouldBeLessThanOrEqualTo(Objective(1.03f));
        Objective(1).ShouldBeLessThan(Objective(0.5f));
    }

    [Fact]
    public void Probabilities_mean_what_they_say()
    {
        var random = new Random(11);
        var (scores, truth) = (new float[20_000], new bool[20_000]);
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = (float)(random.NextDouble() * 4 - 2);
            truth[i] = random.NextDouble() < 1 / (1 + Math.Exp(-(3 * scores[i] - 1)));
        }
        var fitted = Calibration.Fit(scores, truth);
        fitted.Slope.ShouldBe(3, 0.2);
        fitted.Shift.ShouldBe(-1, 0.15);
    }

    [Fact]
    public void Cuts_keep_the_recall_they_promise()
    {
        float[] p = [.. Enumerable.Range(0, 100).Select(i => i / 100f)];
        bool[] truth = [.. p.Select((_, i) => i % 2 == 0)];
        var cut = Thresholds.ForRecall(p, truth, 0.9);
        p.Where((x, i) => truth[i] && x >= cut).Count().ShouldBeGreaterThanOrEqualTo(45);
        Thresholds.BestF1([0.1f, 0.2f, 0.8f, 0.9f], [false, false, true, true]).ShouldBe(0.5f, 0.001);
        Thresholds.BestF1([0.1f, 0.2f], [false, false]).ShouldBeGreaterThan(1);
    }
}
