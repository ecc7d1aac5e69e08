using System.Numerics;
using System.Runtime.InteropServices;
using Cea.Feedback.Texts;

namespace Cea.Testing;

/// <summary>Two texts by their places, and the share of their n-grams that both have.</summary>
public readonly record struct AlikeTexts(int One, int Two, double Share);

/// <summary>
/// Pairs of texts that share most of their character n-grams (Jaccard's coefficient of their sets of folded 4-grams). MinHash with bands (Broder 1997; Leskovec et al., Mining of
/// Massive Datasets, ch. 3) proposes pairs, each is then counted exactly: nothing reported is an estimate; of pairs at .6 one in a hundred is missed, at .7 one in ten thousand.
/// </summary>
public static class NearDuplicates
{
    private const int Gram = 4, Bands = 32, PerBand = 4, Hashes = Bands * PerBand;

    /// <summary>All pairs of at least this share, the first before the second.</summary>
    public static IReadOnlyList<AlikeTexts> Of(IReadOnlyList<string> texts, double atLeast)
    {
        var grams = new uint[texts.Count][];
        var signatures = new uint[texts.Count * Hashes];
        var factors = Factors();
        Parallel.For(0, texts.Count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
        {
            grams[i] = GramsOf(texts[i]);
            Sign(grams[i], factors, signatures.AsSpan(i * Hashes, Hashes));
        });

        var seen = new HashSet<(int, int)>();
        var found = new List<AlikeTexts>();
        for (var band = 0; band < Bands; band++)
        {
            var buckets = new Dictionary<UInt128, List<int>>();
            for (var i = 0; i < texts.Count; i++)
            {
                if (grams[i].Length == 0)
                    continue;
                var key = MemoryMarshal.Read<UInt128>(MemoryMarshal.AsBytes(signatures.AsSpan(i * Hashes + band * PerBand, PerBand)));
                ref var bucket = ref CollectionsMarshal.GetValueRefOrAddDefault(buckets, key, out _);
                foreach (var other in bucket ??= [])
                {
                    if (Math.Min(grams[i].Length, grams[other].Length) >= atLeast * Math.Max(grams[i].Length, grams[other].Length) && seen.Add((other, i)) && Share(grams[other], grams[i]) is var share && share >= atLeast)
                        found.Add(new(other, i, share));
                }
                bucket.Add(i);
            }
        }
        return [.. found.OrderByDescending(p => p.Share).ThenBy(p => p.One).ThenBy(p => p.Two)];
    }

    /// <summary>Both have / one of them has.</summary>
    public static double Share(string one, string two) => Share(GramsOf(one), GramsOf(two));

    private static double Share(uint[] one, uint[] two)
    {
        var (a, b, both) = (0, 0, 0);
        while (a < one.Length && b < two.Length)
        {
            if (one[a] == two[b])
                (a, b, both) = (a + 1, b + 1, both + 1);
            else if (one[a] < two[b])
                a++;
            else
                b++;
        }
        return one.Length + two.Length == 0 ? 0 : (double)both / (one.Length + two.Length - both);
    }

    private static uint[] GramsOf(string text)
    {
        var folded = " " + TextBook.Fold(text) + " ";
        if (folded.Length < Gram)
            return [];
        var set = new HashSet<uint>();
        for (var i = 0; i + Gram <= folded.Length; i++)
        {
            var h = 0x9E3779B97F4A7C15;
            for (var k = 0; k < Gram; k++)
                h = (BitOperations.RotateLeft(h, 13) ^ folded[i + k]) * 0xD6E8FEB86659FD93;
            set.Add((uint)(h >> 32));
        }
        uint[] sorted = [.. set];
        Array.Sort(sorted);
        return sorted;
    }

    private static (uint[] Times, uint[] Plus) Factors()
    {
        var random = new Random(5);
        return ([.. Enumerable.Range(0, Hashes).Select(_ => (uint)random.NextInt64(uint.MaxValue) | 1)], [.. Enumerable.Range(0, Hashes).Select(_ => (uint)random.NextInt64(uint.MaxValue))]);
    }

    private static void Sign(uint[] grams, (uint[] Times, uint[] Plus) factors, Span<uint> into)
    {
        into.Fill(uint.MaxValue);
        foreach (var gram in grams)
        {
            for (var h = 0; h < Hashes; h += Vector<uint>.Count)
            {
                var least = Vector.Min(new Vector<uint>(into[h..]), new Vector<uint>(factors.Times, h) * new Vector<uint>(gram) + new Vector<uint>(factors.Plus, h));
                least.CopyTo(into[h..]);
            }
        }
    }
}
