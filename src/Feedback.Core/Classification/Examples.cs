namespace Cea.Feedback.Classification;

/// <summary>Which hashed features a model knows, and the row of weights of each: a bit per feature and running counts, so that an unknown feature costs one look.</summary>
internal sealed class RowIndex(ulong[] bits, int[] before)
{
    public ulong[] Bits { get; } = bits;
    public int[] Before { get; } = before; // rows ahead of each word of bits
    public int Rows { get; } = before[^1] + System.Numerics.BitOperations.PopCount(bits[^1]);

    public static RowIndex Of(ushort[] texts, int atLeast)
    {
        var bits = new ulong[texts.Length / 64];
        var before = new int[bits.Length];
        var rows = 0;
        for (var w = 0; w < bits.Length; w++)
        {
            before[w] = rows;
            for (var b = 0; b < 64; b++)
            {
                if (texts[w * 64 + b] >= atLeast)
                {
                    bits[w] |= 1ul << b;
                    rows++;
                }
            }
        }
        return new(bits, before);
    }

    /// <summary>-1: not known.</summary>
    public int RowOf(uint id)
    {
        var word = Bits[id >> 6];
        var bit = 1ul << (int)(id & 63);
        return (word & bit) == 0 ? -1 : Before[id >> 6] + System.Numerics.BitOperations.PopCount(word & (bit - 1));
    }
}

/// <summary>
/// Texts as sparse vectors: for each its rows and values. A value is idf over the length of its block (words, characters, concepts), so that each block has length 1.
/// idf = ln((1 + texts) / (1 + texts with it)) + 1; its square is kept as a whole number up to 127, in training as in use.
/// </summary>
internal sealed class Examples
{
    public required RowIndex Index { get; init; }
    public required float[] Idf { get; init; }
    public required int[] Starts { get; init; }
    public required int[] Rows { get; init; }
    public required float[] Values { get; init; }
    public required float[] SquaredLengths { get; init; }
    public int Count => Starts.Length - 1;

    public static int SquareOf(float idf) => Math.Clamp((int)MathF.Round(idf * idf), 1, 127);

    public static Examples Of(IReadOnlyList<string> texts, FeatureSpec spec, CancellationToken ct) => Of(texts, [], Lexicon.Empty, spec, Training.MostThreads, ct);

    /// <param name="languages">Of each text, for the lexicon; empty: no concepts.</param>
    public static Examples Of(IReadOnlyList<string> texts, IReadOnlyList<string> languages, Lexicon lexicon, FeatureSpec spec, int threads, CancellationToken ct)
    {
        var lists = new uint[texts.Count][][];
        Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(0, Math.Max(1, texts.Count), 512), Training.Limit(threads, ct), range =>
        {
            var (scan, list, hits) = (new TextScan(), new FeatureList(), new ConceptHits());
            for (var i = range.Item1; i < Math.Min(range.Item2, texts.Count); i++)
            {
                scan.Read(texts[i]);
                list.Collect(scan, spec);
                if (languages.Count > 0)
                {
                    lexicon.Find(scan, languages[i], hits);
                    list.CollectConcepts(scan, hits, spec);
                }
                lists[i] = [list.Words.ToArray(), list.Chars.ToArray(), list.Concepts.ToArray()];
            }
        });
        return Of(lists, spec);
    }

    private static Examples Of(uint[][][] lists, FeatureSpec spec)
    {
        var texts = new ushort[1 << spec.IdBits];
        long all = 0;
        foreach (var block in lists.SelectMany(l => l))
        {
            all += block.Length;
            foreach (var id in block)
                texts[id] += texts[id] < ushort.MaxValue ? (ushort)1 : (ushort)0;
        }
        var index = RowIndex.Of(texts, spec.MinTexts);
        var idf = new float[index.Rows];
        for (uint id = 0; id < texts.Length; id++)
        {
            if (index.RowOf(id) is var row and >= 0)
                idf[row] = MathF.Log((1f + lists.Length) / (1f + texts[id])) + 1;
        }

        var (starts, rows, values, squares) = (new int[lists.Length + 1], new int[all], new float[all], new float[lists.Length]);
        var at = 0;
        for (var i = 0; i < lists.Length; i++)
        {
            squares[i] = 1; // the constant
            var begin = at;
            foreach (var block in lists[i])
                at = Block(block, at, ref squares[i]);
            Array.Sort(rows, values, begin, at - begin); // neighbours in memory one after the other
            starts[i + 1] = at;
        }
        Array.Resize(ref rows, at);
        Array.Resize(ref values, at);
        return new() { Index = index, Idf = idf, Starts = starts, Rows = rows, Values = values, SquaredLengths = squares };

        int Block(uint[] ids, int from, ref float square)
        {
            var (to, sum) = (from, 0);
            foreach (var id in ids)
            {
                if (index.RowOf(id) is not (var row and >= 0))
                    continue;
                rows[to] = row;
                values[to++] = idf[row];
                sum += SquareOf(idf[row]);
            }
            for (var k = from; k < to; k++)
            {
                values[k] /= MathF.Sqrt(sum);
                square += values[k] * values[k];
            }
            return to;
        }
    }
}
