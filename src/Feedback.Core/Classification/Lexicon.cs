using System.Runtime.InteropServices;

namespace Cea.Feedback.Classification;

/// <summary>
/// Which words of a language stand for which concept ("queue", "thirst", "the one with the list"). What one language's messages teach of a concept helps all others.
/// Words and phrases are kept as hashes of their folded form, in a table of open addressing; an entry that ends in * is a beginning.
/// </summary>
internal sealed class Lexicon
{
    private const ulong Mix = 0x9FB21C651E98DF25;
    private const int LongestPhrase = 6, LongestPrefix = 14, ShortestPrefix = 2;

    private readonly ulong[] _keys; // 0: free
    private readonly ushort[] _concepts;
    private readonly ulong[] _perhaps = new ulong[PerhapsBits / 64]; // a bit for each key: most words stand for nothing, and this fits where the table does not
    private const int PerhapsBits = 1 << 19;

    private Lexicon(string[] concepts, string[] languages, ulong[] keys, ushort[] values)
    {
        (Concepts, Languages, _keys, _concepts) = (concepts, languages, keys, values);
        foreach (var key in keys)
            _perhaps[(key >> 40) % (PerhapsBits / 64)] |= key == 0 ? 0 : 1ul << (int)(key >> 58);
    }

    public static Lexicon Empty { get; } = new([], [], new ulong[16], new ushort[16]);

    public string[] Concepts { get; }
    public string[] Languages { get; }

    /// <summary>Files named by their language (en.tsv), columns concept and words; words joined by |.</summary>
    /// <exception cref="FormatException">Names the file and what is wrong.</exception>
    public static Lexicon Of(IEnumerable<string> files)
    {
        var concepts = new List<string>();
        var entries = new List<(ulong Key, ushort Concept)>();
        var languages = new List<string>();
        var scan = new TextScan();
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var language = Path.GetFileNameWithoutExtension(file);
            languages.Add(language);
            using var table = Tsv.Open(file);
            var (concept, words) = (table.Need("concept"), table.Need("words"));
            while (table.Next() is { } row)
            {
                var at = concepts.IndexOf(row[concept]);
                if (at < 0)
                {
                    at = concepts.Count;
                    concepts.Add(row[concept]);
                }
                foreach (var entry in row[words].Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                {
                    var stem = entry.EndsWith('*');
                    scan.Read(entry.TrimEnd('*'));
                    if (scan.Count == 0 || scan.Count > LongestPhrase)
                        continue;
                    var key = Seed(language);
                    for (var t = 0; t < scan.Count; t++)
                        key = Then(key, Hash(Inner(scan, scan.Tokens[t])));
                    var alone = scan.Count == 1 && scan.Tokens[0].Kind != CharKind.Han;
                    entries.Add((Key(key, stem && alone), (ushort)at));
                }
            }
        }
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, entries.Count * 2));
        var (keys, values) = (new ulong[size], new ushort[size]);
        foreach (var (key, concept) in entries)
        {
            var at = (int)(key >> 20) & (size - 1);
            while (keys[at] != 0 && (keys[at] != key || values[at] != concept))
                at = (at + 1) & (size - 1);
            (keys[at], values[at]) = (key, concept);
        }
        return new([.. concepts], [.. languages], keys, values);
    }

    /// <summary>
    /// The concepts in a text that has been scanned, read as this language, in the order of the text; a word may stand for several. What the language does not know is
    /// looked up among the words that its speakers borrow.
    /// </summary>
    public void Find(TextScan scan, string language, ConceptHits hits)
    {
        hits.Clear();
        if (Concepts.Length == 0)
            return;
        var words = hits.Words(scan.Count);
        for (var i = 0; i < scan.Count; i++)
            words[i] = Hash(Inner(scan, scan.Tokens[i]));
        language = Base(language);
        var own = Array.IndexOf(Languages, language) >= 0 ? language : null;
        var other = Borrows(language);
        for (var i = 0; i < scan.Count; i++)
        {
            var before = hits.Count;
            if (own is not null)
                Find(scan, i, Seed(own), hits);
            if (hits.Count == before && other is not null)
                Find(scan, i, Seed(other), hits);
        }
    }

    public void Write(BinaryWriter w)
    {
        w.Write(Concepts.Length);
        foreach (var concept in Concepts)
            w.Write(concept);
        w.Write(Languages.Length);
        foreach (var language in Languages)
            w.Write(language);
        w.Write(_keys.Length);
        w.Write(MemoryMarshal.AsBytes(_keys.AsSpan()));
        w.Write(MemoryMarshal.AsBytes(_concepts.AsSpan()));
    }

    public static Lexicon Read(BinaryReader r)
    {
        string[] Names(int most) => r.ReadInt32() is var n && n >= 0 && n <= most ? [.. Enumerable.Range(0, n).Select(_ => r.ReadString())] : throw new InvalidDataException("numbers out of range");
        var (concepts, languages) = (Names(5000), Names(200));
        var size = r.ReadInt32();
        if (size is < 16 or > 1 << 22 || !int.IsPow2(size))
            throw new InvalidDataException("numbers out of range");
        var (keys, values) = (new ulong[size], new ushort[size]);
        r.BaseStream.ReadExactly(MemoryMarshal.AsBytes(keys.AsSpan()));
        r.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        if (!keys.Contains(0ul) || values.Any(v => v >= Math.Max(1, concepts.Length)))
            throw new InvalidDataException("numbers out of range");
        return new(concepts, languages, keys, values);
    }

    private void Find(TextScan scan, int i, ulong seed, ConceptHits hits)
    {
        var tokens = scan.Tokens;
        var before = hits.Count;
        var longest = tokens[i].Kind == CharKind.Han ? LongestPhrase : 4;
        var key = seed;
        for (var n = 0; n < longest && i + n < tokens.Length; n++)
        {
            key = Then(key, hits.Words(tokens.Length)[i + n]);
            Look(Key(key, false), i, hits);
        }
        if (tokens[i].Kind != CharKind.Letter)
            return;
        var word = Inner(scan, tokens[i]);
        Beginning(seed, word, i, hits);
        for (var bare = WithoutPrefix(word); hits.Count == before && bare.Length > 1 && bare.Length < word.Length;)
        {
            Look(Key(Then(seed, Hash(bare)), false), i, hits);
            Beginning(seed, bare, i, hits);
            word = bare;
            bare = WithoutPrefix(bare);
        }
    }

    private void Beginning(ulong seed, ReadOnlySpan<char> word, int token, ConceptHits hits)
    {
        var h = Start;
        for (var n = 0; n < Math.Min(word.Length, LongestPrefix); n++)
        {
            h = Step(h, word[n]);
            if (n + 1 >= ShortestPrefix)
                Look(Key(Then(seed, h), true), token, hits);
        }
    }

    // The little words that Arabic and Ethiopic script write together with the next one.
    private static ReadOnlySpan<char> WithoutPrefix(ReadOnlySpan<char> word)
    {
        if (word.Length > 4 && word[0] == 'ا' && word[1] == 'ل')
            return word[2..];
        if (word.Length > 3 && word[0] is 'و' or 'ب' or 'ل' or 'ف' or 'ك' or 'ع')
            return word[1..];
        if (word.Length > 2 && word[0] is 'የ' or 'በ' or 'ለ' or 'ከ' or 'እ' or 'ብ' or 'ን' or 'ዝ' or 'ካ')
            return word[1..];
        return word;
    }

    // Stated languages come as es-MX or pt_BR too, and Dari is Persian to the lexicon.
    private static string Base(string language)
    {
        var end = language.AsSpan().IndexOfAny('-', '_');
        return (end < 0 ? language : language[..end]) is "prs" ? "fa" : end < 0 ? language : language[..end];
    }

    private static string? Borrows(string language) => language switch
    {
        "ht" or "wo" or "ln" or "bm" or "ff" => "fr",
        "pa" or "hi" => "ur",
        "om" => "am",
        "ur" or "bn" or "sw" or "ha" or "so" or "ps" or "fa" or "am" or "ti" or "zh" => "en",
        "uk" => "ru",
        _ => null,
    };

    private void Look(ulong key, int token, ConceptHits hits)
    {
        if ((_perhaps[(key >> 40) % (PerhapsBits / 64)] & 1ul << (int)(key >> 58)) == 0)
            return;
        for (var at = (int)(key >> 20) & (_keys.Length - 1); _keys[at] != 0; at = (at + 1) & (_keys.Length - 1))
        {
            if (_keys[at] == key)
                hits.Add((short)_concepts[at], token);
        }
    }

    private const ulong Start = 0x2545F4914F6CDD1D;

    private static ReadOnlySpan<char> Inner(TextScan scan, in Token t) => scan.Folded(t)[1..^1];

    private static ulong Seed(string language) => Hash(language);

    private static ulong Key(ulong h, bool beginning) => ((h ^ (h >> 31)) * Mix | 1) ^ (beginning ? 0x5555555555555554ul : 0);

    private static ulong Then(ulong h, ulong word) => (System.Numerics.BitOperations.RotateLeft(h, 19) ^ word) * Mix;

    private static ulong Hash(ReadOnlySpan<char> word)
    {
        var h = Start;
        foreach (var c in word)
            h = Step(h, c);
        return h;
    }

    private static ulong Step(ulong h, char c) => (((h << 7) | (h >> 57)) ^ c) * Mix;
}

/// <summary>The concepts found in a text, each with the word it begins at. Reused.</summary>
internal sealed class ConceptHits
{
    private readonly (short Concept, int Token)[] _hits = new (short, int)[512];
    private ulong[] _words = new ulong[256];

    public int Count { get; private set; }

    public ReadOnlySpan<(short Concept, int Token)> All => _hits.AsSpan(0, Count);

    public void Clear() => Count = 0;

    /// <summary>Room for the hash of each word of a text.</summary>
    public Span<ulong> Words(int count)
    {
        if (_words.Length < count)
            _words = new ulong[count * 2];
        return _words.AsSpan(0, count);
    }

    /// <summary>What is beyond the first 512 is not looked at.</summary>
    public void Add(short concept, int token)
    {
        for (var k = Count - 1; k >= 0 && _hits[k].Token == token; k--)
        {
            if (_hits[k].Concept == concept)
                return;
        }
        if (Count < _hits.Length)
            _hits[Count++] = (concept, token);
    }
}
