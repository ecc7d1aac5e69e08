using System.Runtime.CompilerServices;

namespace Cea.Feedback.Classification;

/// <summary>Which parts of a text a model looks at. Stored with the model: a text is read in use as it was in training.</summary>
/// <param name="Folded">Character n-grams and words of the folded form; else of the exact one.</param>
/// <param name="CharMin">Shortest character n-gram, word boundaries counted; at least 1.</param>
/// <param name="CharMax">Longest; 0 for none.</param>
/// <param name="WordMax">1: words; 2: pairs too; 3: also pairs with one word between.</param>
/// <param name="ExactWords">Adds the exact form of words that folding changed.</param>
/// <param name="Extras">Adds length, question marks, capitals, numbers, links, symbols.</param>
/// <param name="IdBits">Features are hashed to 2^IdBits numbers.</param>
/// <param name="MinTexts">Features of fewer training texts are left out.</param>
internal sealed record FeatureSpec(bool Folded = true, int CharMin = 2, int CharMax = 5, int WordMax = 3, bool ExactWords = true, bool Extras = true, int IdBits = 22, int MinTexts = 1)
{
    public static FeatureSpec Codes { get; } = new(MinTexts: 6);
    public static FeatureSpec Languages { get; } = new(Folded: false, CharMin: 1, CharMax: 4, WordMax: 1, ExactWords: false, Extras: false, IdBits: 20, MinTexts: 6);
}

/// <summary>The hashed features of one text in three blocks, words, characters and concepts, each without repeats. Reused; allocates nothing after it has grown.</summary>
internal sealed class FeatureList
{
    private const ulong Mix = 0x9FB21C651E98DF25;
    private const ulong WordSeed = 0x243F6A8885A308D3, PairSeed = 0x13198A2E03707344, GapSeed = 0xA4093822299F31D0, ExactSeed = 0x082EFA98EC4E6C89, CharSeed = 0x452821E638D01377, ExtraSeed = 0xBE5466CF34E90C6C, ConceptSeed = 0xC0AC29B7C97C50DD;
    private const int MostConcepts = 14;

    private uint[] _words = new uint[256], _chars = new uint[1024];
    private uint[] _set = new uint[4096];
    private readonly uint[] _concepts = new uint[(MostConcepts + 1) * (MostConcepts + 2) / 2];
    private readonly short[] _distinct = new short[MostConcepts + 1];
    private int _shift, _mask;

    public int WordCount { get; private set; }
    /// <summary>Of the words those that stand in the text; after them come length, question marks and the like, which every text has.</summary>
    public int OwnWords { get; private set; }
    public int CharCount { get; private set; }
    public ReadOnlySpan<uint> Words => _words.AsSpan(0, WordCount);
    public ReadOnlySpan<uint> Chars => _chars.AsSpan(0, CharCount);
    public int ConceptCount { get; private set; }
    public ReadOnlySpan<uint> Concepts => _concepts.AsSpan(0, ConceptCount);

    /// <summary>Each concept of the text, whether it asks, and each two of these together; the first <see cref="MostConcepts"/> different ones.</summary>
    public void CollectConcepts(TextScan scan, ConceptHits hits, FeatureSpec spec)
    {
        _shift = 64 - spec.IdBits;
        ConceptCount = 0;
        var n = 0;
        if (scan.Questions > 0)
            _distinct[n++] = short.MaxValue;
        foreach (var (concept, _) in hits.All)
        {
            if (n <= MostConcepts && !_distinct.AsSpan(0, n).Contains(concept))
                _distinct[n++] = concept;
        }
        _distinct.AsSpan(0, n).Sort();
        for (var a = 0; a < n; a++)
        {
            _concepts[ConceptCount++] = ConceptId(_distinct[a]);
            for (var b = a + 1; b < n; b++)
                _concepts[ConceptCount++] = (uint)(Finish((ConceptSeed + (ulong)_distinct[a] * 40_000 + (ulong)_distinct[b] + 40_000) * Mix) >> _shift);
        }
    }

    /// <summary>The feature of a concept by itself.</summary>
    public uint ConceptId(short concept) => (uint)(Finish((ConceptSeed + (ulong)concept) * Mix) >> _shift);

    public void Collect(TextScan scan, FeatureSpec spec)
    {
        _shift = 64 - spec.IdBits;
        WordCount = CharCount = ConceptCount = 0;
        var tokens = scan.Tokens;

        StartSet(tokens.Length * 4 + 16);
        ulong before = 0, beforeThat = 0;
        for (var i = 0; i < tokens.Length && spec.WordMax > 0; i++)
        {
            var word = HashOf(WordOf(scan, tokens[i], spec));
            AddWord(word ^ WordSeed);
            if (spec.WordMax > 1 && i > 0)
                AddWord(BitOperationsRotate(before) + word ^ PairSeed);
            if (spec.WordMax > 2 && i > 1)
                AddWord(BitOperationsRotate(beforeThat) + word ^ GapSeed);
            if (spec.ExactWords && tokens[i].Kind == CharKind.Letter && !scan.Exact(tokens[i]).SequenceEqual(scan.Folded(tokens[i])))
                AddWord(HashOf(scan.Exact(tokens[i])) ^ ExactSeed);
            (beforeThat, before) = (before, word);
        }
        OwnWords = WordCount;
        if (spec.Extras)
            AddExtras(scan);

        if (spec.CharMax == 0)
            return;
        var room = 16;
        foreach (ref readonly var t in tokens)
            room += (Math.Max(t.FoldedEnd - t.FoldedStart, t.ExactEnd - t.ExactStart) + 2) * spec.CharMax;
        StartSet(room);
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i].Kind == CharKind.Han)
            {
                var last = i;
                while (last + 1 < tokens.Length && tokens[last + 1].Kind == CharKind.Han && tokens[last + 1].SourceStart == tokens[last].SourceEnd)
                    last++;
                for (var at = i; at <= last; at++)
                {
                    var h = CharSeed;
                    for (var n = 1; n <= spec.CharMax && at + n - 1 <= last; n++)
                    {
                        h = Step(h, scan.Exact(tokens[at + n - 1])[1]);
                        AddChar(h);
                    }
                }
                i = last;
            }
            else if (tokens[i].Kind != CharKind.Symbol)
                AddGrams(WordOf(scan, tokens[i], spec), spec);
        }
    }

    /// <summary>The features of one token alone, for the reasons shown; what it has twice is there twice.</summary>
    public void CollectToken(TextScan scan, in Token token, FeatureSpec spec)
    {
        _shift = 64 - spec.IdBits;
        WordCount = CharCount = ConceptCount = 0;
        var word = WordOf(scan, token, spec);
        var room = (word.Length + 1) * Math.Max(1, spec.CharMax);
        if (_chars.Length < room)
            Array.Resize(ref _chars, room * 2);
        _words[WordCount++] = (uint)(Finish(HashOf(word) ^ WordSeed) >> _shift);
        if (spec.ExactWords && token.Kind == CharKind.Letter && !scan.Exact(token).SequenceEqual(scan.Folded(token)))
            _words[WordCount++] = (uint)(Finish(HashOf(scan.Exact(token)) ^ ExactSeed) >> _shift);
        if (token.Kind == CharKind.Han)
            _chars[CharCount++] = (uint)(Finish(Step(CharSeed, scan.Exact(token)[1])) >> _shift);
        for (var start = 0; start < word.Length && token.Kind is (CharKind.Letter or CharKind.Digit); start++)
        {
            var h = CharSeed;
            var most = Math.Min(spec.CharMax, word.Length - start);
            for (var n = 1; n <= most; n++)
            {
                h = Step(h, word[start + n - 1]);
                if (n >= spec.CharMin && (n > 1 || word[start] != ' '))
                    _chars[CharCount++] = (uint)(Finish(h) >> _shift);
            }
        }
    }

    private static ReadOnlySpan<char> WordOf(TextScan scan, in Token t, FeatureSpec spec) => spec.Folded ? scan.Folded(t) : scan.Exact(t);

    private void AddGrams(ReadOnlySpan<char> word, FeatureSpec spec)
    {
        for (var start = 0; start < word.Length; start++)
        {
            var h = CharSeed;
            var most = Math.Min(spec.CharMax, word.Length - start);
            for (var n = 1; n <= most; n++)
            {
                h = Step(h, word[start + n - 1]);
                if (n >= spec.CharMin && (n > 1 || word[start] != ' '))
                    AddChar(h);
            }
        }
    }

    private void AddExtras(TextScan scan)
    {
        void Extra(int kind, int value) => AddWord(Finish(ExtraSeed + (ulong)(kind * 64 + Math.Min(value, 63)) * Mix));

        Extra(0, scan.Length < 8 ? 0 : scan.Length < 20 ? 1 : scan.Length < 50 ? 2 : scan.Length < 140 ? 3 : scan.Length < 320 ? 4 : 5);
        if (scan.Count <= 3)
            Extra(1, scan.Count);
        if (scan.Questions > 0)
            Extra(2, Math.Min(scan.Questions, 2));
        if (scan.Exclamations > 0)
            Extra(3, Math.Min(scan.Exclamations, 3));
        if (scan.Capitals > 8 && scan.Capitals * 3 > scan.Letters * 2)
            Extra(4, 1);
        if (scan.Numbers > 0)
            Extra(5, Math.Min(scan.Numbers, 3));
        if (scan.Links > 0)
            Extra(6, 1);
        if (scan.Symbols > 0)
            Extra(7, scan.Letters == 0 ? 2 : 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Step(ulong h, char c) => (((h << 7) | (h >> 57)) ^ c) * Mix;

    private static ulong Finish(ulong h) => (h ^ (h >> 29)) * Mix;

    private static ulong BitOperationsRotate(ulong h) => System.Numerics.BitOperations.RotateLeft(h, 23) * 3;

    private static ulong HashOf(ReadOnlySpan<char> word)
    {
        var h = WordSeed;
        foreach (var c in word)
            h = Step(h, c);
        return h;
    }

    private void AddWord(ulong h)
    {
        var id = (uint)(Finish(h) >> _shift);
        if (!New(id))
            return;
        if (WordCount == _words.Length)
            Array.Resize(ref _words, _words.Length * 2);
        _words[WordCount++] = id;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddChar(ulong h)
    {
        var id = (uint)(Finish(h) >> _shift);
        if (!New(id))
            return;
        if (CharCount == _chars.Length)
            Array.Resize(ref _chars, _chars.Length * 2);
        _chars[CharCount++] = id;
    }

    private void StartSet(int features)
    {
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, features * 2));
        if (_set.Length < size)
            _set = new uint[size];
        _set.AsSpan(0, size).Clear();
        _mask = size - 1;
    }

    /// <summary>Never fills: the set has twice the room of the most features that can come.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool New(uint id)
    {
        var key = id + 1;
        var at = (int)(id * 0x9E3779B1u >> 7) & _mask;
        while (true)
        {
            var there = _set[at];
            if (there == 0)
            {
                _set[at] = key;
                return true;
            }
            if (there == key)
                return false;
            at = (at + 1) & _mask;
        }
    }
}
